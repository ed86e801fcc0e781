// The engine's benchmark job written by hand: Clip-AdaGrad-Norm on the one-dimensional Huber function, symmetric noise
// from a table.  The same words, table and IEEE operations as verify/simulate, so the numbers are the same to the last
// bit (the benchmark checks it); fused, in registers and L1, vectorised by the compiler for the machine it runs on.
#include <cmath>
#include <cstdint>
#include <cstring>

namespace {
constexpr int T = 64;  // trajectories side by side

void words(uint32_t block, uint32_t stream, uint64_t first, uint32_t k0, uint32_t k1, uint32_t w[4][T]) {
    for (int i = 0; i < T; ++i) {
        uint32_t c0 = block, c1 = stream, c2 = uint32_t(first + i), c3 = uint32_t((first + i) >> 32), a = k0, b = k1;
        for (int round = 0; round < 10; ++round) {
            uint64_t p0 = uint64_t(0xD2511F53u) * c0, p1 = uint64_t(0xCD9E8D57u) * c2;
            c0 = uint32_t(p1 >> 32) ^ c1 ^ a;
            c2 = uint32_t(p0 >> 32) ^ c3 ^ b;
            c1 = uint32_t(p1);
            c3 = uint32_t(p0);
            a += 0x9E3779B9u;
            b += 0xBB67AE85u;
        }
        w[0][i] = c0;
        w[1][i] = c1;
        w[2][i] = c2;
        w[3][i] = c3;
    }
}
}  // namespace

extern "C" {
struct Numbers {
    double gamma, eta, lam, b0, L, nu, start, scale;
};

// table [6][pieces], coefficient by coefficient; out [3][lanes]: x, sum u, sum u x; lanes a multiple of T, steps of 4
void run(const Numbers* n, const double* table, int64_t pieces, uint64_t first, int64_t lanes, int64_t steps,
         uint32_t stream, uint32_t k0, uint32_t k1, double* out) {
    const Numbers p = *n;
    for (int64_t begin = 0; begin < lanes; begin += T) {
        alignas(64) double x[T], b[T], u[T], q[T], v[T], xi[T];
        alignas(64) uint32_t w[4][T], second[4][T];
        for (int i = 0; i < T; ++i) x[i] = p.start, b[i] = p.b0 * p.b0, u[i] = q[i] = 0.0;
        for (int64_t t = 0; t < steps; t += 4) {
            words(uint32_t(t / 4), stream, first + begin, k0, k1, w);
            uint32_t smallest = ~0u;
            for (int s = 0; s < 4; ++s)
                for (int i = 0; i < T; ++i) smallest = smallest < w[s][i] ? smallest : w[s][i];
            bool fine = smallest < 1u << 17;
            if (fine) words(uint32_t(t / 4), stream + 1, first + begin, k0, k1, second);
            for (int s = 0; s < 4; ++s) {
                for (int i = 0; i < T; ++i) v[i] = (double(w[s][i] >> 1) + 0.5) * 0x1p-31;
                if (fine)
                    for (int i = 0; i < T; ++i)
                        if (w[s][i] < 1u << 17)
                            v[i] = (double(w[s][i] >> 1) + (double(second[s][i]) + 0.5) * 0x1p-32) * 0x1p-31;
                for (int i = 0; i < T; ++i) {
                    uint64_t bits, sign;
                    std::memcpy(&bits, &v[i], 8);
                    int64_t piece = int64_t(bits >> 47) - (1023 - 64) * 32;
                    uint64_t mantissa = (bits << 17 >> 12) | 0x3FF0000000000000u;
                    double z;
                    std::memcpy(&z, &mantissa, 8);
                    z -= 1.5;
                    double value = table[5 * pieces + piece];
                    for (int m = 4; m >= 0; --m) value = value * z + table[m * pieces + piece];
                    std::memcpy(&sign, &value, 8);
                    sign ^= uint64_t(w[s][i] & 1u) << 63;
                    std::memcpy(&value, &sign, 8);
                    xi[i] = p.scale * value;
                }
                for (int i = 0; i < T; ++i) {
                    double inner = x[i] > -p.nu ? x[i] : -p.nu;
                    double g = p.L * (inner < p.nu ? inner : p.nu) + xi[i];
                    g = g > -p.lam ? g : -p.lam;
                    g = g < p.lam ? g : p.lam;
                    double weight = p.gamma * (1.0 / std::sqrt(b[i]));
                    u[i] += weight;
                    q[i] += weight * x[i];
                    b[i] = b[i] + p.eta * (g * g);
                    x[i] = x[i] - p.gamma * (1.0 / std::sqrt(b[i])) * g;
                }
            }
        }
        for (int i = 0; i < T; ++i) {
            out[begin + i] = x[i];
            out[lanes + begin + i] = u[i];
            out[2 * lanes + begin + i] = q[i];
        }
    }
}
}
