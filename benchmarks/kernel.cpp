// The engine's benchmark job written by hand, in float64 and float32: Clip-AdaGrad-Norm on the one-dimensional Huber
// function, symmetric noise from a table.  The same words, table and IEEE operations as verify/simulate, so the numbers
// are the same to the last bit (the benchmark checks it); fused, in registers and L1, rows of the table loaded whole
// and transposed, the inverse root of the accumulator kept from one step to the next.
#include <cmath>
#include <cstdint>
#include <cstring>
#ifdef __AVX512F__
#include <immintrin.h>
#endif

namespace {
constexpr int T = 128;  // trajectories side by side

template <class To, class From>
inline To bits(From from) {
    To to;
    static_assert(sizeof to == sizeof from);
    std::memcpy(&to, &from, sizeof to);
    return to;
}

// 64-bit lanes whose upper halves hold rubbish, which the next product ignores
void words(uint32_t block, uint32_t stream, uint64_t first, uint32_t k0, uint32_t k1, uint32_t w[4][T]) {
    for (int i = 0; i < T; ++i) {
        uint64_t c0 = block, c1 = stream, c2 = first + i, c3 = (first + i) >> 32, a = k0, b = k1;
        for (int round = 0; round < 10; ++round) {
            uint64_t p0 = uint64_t(0xD2511F53u) * uint32_t(c0), p1 = uint64_t(0xCD9E8D57u) * uint32_t(c2);
            c0 = (p1 >> 32) ^ c1 ^ a;
            c2 = (p0 >> 32) ^ c3 ^ b;
            c1 = p1;
            c3 = p0;
            a += 0x9E3779B9u;
            b += 0xBB67AE85u;
        }
        w[0][i] = uint32_t(c0);
        w[1][i] = uint32_t(c1);
        w[2][i] = uint32_t(c2);
        w[3][i] = uint32_t(c3);
    }
}

struct Double {
    using Real = double;
    using Word = uint64_t;
    static constexpr int DEGREE = 5, ROW = 8, SHIFT = 47, BIAS = 1023, KEPT = 17, DROP = 12;
    static constexpr Word ONE = 0x3FF0000000000000u;
    static double place(uint32_t w) { return (double(int32_t(w >> 1)) + 0.5) * 0x1p-31; }
    static double refined(uint32_t w, uint32_t r) { return (double(w >> 1) + (double(r) + 0.5) * 0x1p-32) * 0x1p-31; }
};

struct Single {
    using Real = float;
    using Word = uint32_t;
    static constexpr int DEGREE = 3, ROW = 4, SHIFT = 18, BIAS = 127, KEPT = 14, DROP = 9;
    static constexpr Word ONE = 0x3F800000u;
    static float place(uint32_t w) {
        float v = float(int32_t(w >> 1)) * 0x1p-31f + 0x1p-32f;
        return v < 0.99999994f ? v : 0.99999994f;
    }
    static float refined(uint32_t w, uint32_t r) {
        return (float(int32_t(w >> 1)) + (float(r) + 0.5f) * 0x1p-32f) * 0x1p-31f;
    }
};

// coefficients c[m][i] of the pieces of trajectories i
void gather(const double* table, const int32_t* piece, double (*c)[T]) {
#ifdef __AVX512F__
    for (int i = 0; i < T; i += 8) {
        __m512d r[8], a[8], b[8];
        for (int k = 0; k < 8; ++k) r[k] = _mm512_load_pd(table + 8 * int64_t(piece[i + k]));
        for (int k = 0; k < 8; k += 2) {
            a[k] = _mm512_unpacklo_pd(r[k], r[k + 1]);
            a[k + 1] = _mm512_unpackhi_pd(r[k], r[k + 1]);
        }
        for (int k = 0; k < 2; ++k) {
            b[k] = _mm512_shuffle_f64x2(a[k], a[k + 2], 0x88);
            b[k + 2] = _mm512_shuffle_f64x2(a[k], a[k + 2], 0xDD);
            b[k + 4] = _mm512_shuffle_f64x2(a[k + 4], a[k + 6], 0x88);
            b[k + 6] = _mm512_shuffle_f64x2(a[k + 4], a[k + 6], 0xDD);
        }
        for (int k = 0; k < 2; ++k) {
            _mm512_store_pd(c[k] + i, _mm512_shuffle_f64x2(b[k], b[k + 4], 0x88));
            _mm512_store_pd(c[k + 4] + i, _mm512_shuffle_f64x2(b[k], b[k + 4], 0xDD));
            _mm512_store_pd(c[k + 2] + i, _mm512_shuffle_f64x2(b[k + 2], b[k + 6], 0x88));
        }
    }
#else
    for (int i = 0; i < T; ++i)
        for (int m = 0; m < 6; ++m) c[m][i] = table[8 * int64_t(piece[i]) + m];
#endif
}

void gather(const float* table, const int32_t* piece, float (*c)[T]) {
#ifdef __AVX512F__
    for (int i = 0; i < T; i += 16) {
        __m512 r[4];
        for (int k = 0; k < 4; ++k) {
            const int32_t* p = piece + i + k;
            __m512 row = _mm512_castps128_ps512(_mm_load_ps(table + 4 * int64_t(p[0])));
            row = _mm512_insertf32x4(row, _mm_load_ps(table + 4 * int64_t(p[4])), 1);
            row = _mm512_insertf32x4(row, _mm_load_ps(table + 4 * int64_t(p[8])), 2);
            r[k] = _mm512_insertf32x4(row, _mm_load_ps(table + 4 * int64_t(p[12])), 3);
        }
        __m512d a = _mm512_castps_pd(_mm512_unpacklo_ps(r[0], r[1])), b = _mm512_castps_pd(_mm512_unpackhi_ps(r[0], r[1]));
        __m512d d = _mm512_castps_pd(_mm512_unpacklo_ps(r[2], r[3])), e = _mm512_castps_pd(_mm512_unpackhi_ps(r[2], r[3]));
        _mm512_store_ps(c[0] + i, _mm512_castpd_ps(_mm512_unpacklo_pd(a, d)));
        _mm512_store_ps(c[1] + i, _mm512_castpd_ps(_mm512_unpackhi_pd(a, d)));
        _mm512_store_ps(c[2] + i, _mm512_castpd_ps(_mm512_unpacklo_pd(b, e)));
        _mm512_store_ps(c[3] + i, _mm512_castpd_ps(_mm512_unpackhi_pd(b, e)));
    }
#else
    for (int i = 0; i < T; ++i)
        for (int m = 0; m < 4; ++m) c[m][i] = table[4 * int64_t(piece[i]) + m];
#endif
}

struct Numbers {
    double gamma, eta, lam, b0, L, nu, start, scale;
};

template <class F>
void run(const Numbers& n, const typename F::Real* table, uint64_t first, int64_t lanes, int64_t steps, uint32_t stream,
         uint32_t k0, uint32_t k1, int64_t flush, double* out) {
    using R = typename F::Real;
    using Word = typename F::Word;
    const R gamma = R(n.gamma), eta = R(n.eta), lam = R(n.lam), b0 = R(n.b0), L = R(n.L), nu = R(n.nu);
    const R scale = R(n.scale), one = R(1), centre = R(1.5);
    constexpr int TOP = 8 * sizeof(R) - 1;
    for (int64_t begin = 0; begin < lanes; begin += T) {
        alignas(64) R x[T], b[T], r[T], u[T], q[T], v[T], xi[T], c[F::ROW][T];
        alignas(64) double weights[T], weighted[T];
        alignas(64) uint32_t w[4][T], second[4][T];
        alignas(64) int32_t piece[T];
        for (int i = 0; i < T; ++i) {
            x[i] = R(n.start), b[i] = b0 * b0, r[i] = gamma * (one / std::sqrt(b[i]));
            u[i] = q[i] = R(0), weights[i] = weighted[i] = 0.0;
        }
        for (int64_t t = 0; t < steps; t += 4) {
            words(uint32_t(t / 4), stream, first + begin, k0, k1, w);
            uint32_t smallest = ~0u;
            for (int s = 0; s < 4; ++s)
                for (int i = 0; i < T; ++i) smallest = smallest < w[s][i] ? smallest : w[s][i];
            bool fine = smallest < 1u << 17;
            if (fine) words(uint32_t(t / 4), stream + 1, first + begin, k0, k1, second);
            for (int s = 0; s < 4; ++s) {
                for (int i = 0; i < T; ++i) v[i] = F::place(w[s][i]);
                if (fine)
                    for (int i = 0; i < T; ++i)
                        if (w[s][i] < 1u << 17) v[i] = F::refined(w[s][i], second[s][i]);
                for (int i = 0; i < T; ++i) {
                    Word whole = bits<Word>(v[i]);
                    piece[i] = int32_t(whole >> F::SHIFT) - (F::BIAS - 64) * 32;
                    v[i] = bits<R>(Word(Word(whole << F::KEPT) >> F::DROP) | F::ONE) - centre;
                }
                gather(table, piece, c);
                for (int i = 0; i < T; ++i) {
                    R value = c[F::DEGREE][i];
                    for (int m = F::DEGREE - 1; m >= 0; --m) value = value * v[i] + c[m][i];
                    xi[i] = scale * bits<R>(Word(bits<Word>(value) ^ Word(w[s][i] & 1u) << TOP));
                }
                for (int i = 0; i < T; ++i) {
                    R inner = x[i] > -nu ? x[i] : -nu;
                    R g = L * (inner < nu ? inner : nu) + xi[i];
                    g = g > -lam ? g : -lam;
                    g = g < lam ? g : lam;
                    u[i] += r[i];
                    q[i] += r[i] * x[i];
                    b[i] = b[i] + eta * (g * g);
                    r[i] = gamma * (one / std::sqrt(b[i]));
                    x[i] = x[i] - r[i] * g;
                }
            }
            if ((t + 4) % flush == 0 || t + 4 >= steps)
                for (int i = 0; i < T; ++i) {
                    weights[i] += double(u[i]), weighted[i] += double(q[i]);
                    u[i] = q[i] = R(0);
                }
        }
        for (int i = 0; i < T; ++i) {
            out[begin + i] = double(x[i]);
            out[lanes + begin + i] = weights[i];
            out[2 * lanes + begin + i] = weighted[i];
        }
    }
}
}  // namespace

// Rows of a table are padded to 8 doubles or 4 floats and aligned; out [3][lanes]: x, sum u, sum u x, added up in the
// precision of the state for ``flush`` steps and in float64 beyond; lanes a multiple of T, steps and flush of 4.
extern "C" void run64(const Numbers* n, const double* table, uint64_t first, int64_t lanes, int64_t steps, uint32_t stream,
                      uint32_t k0, uint32_t k1, int64_t flush, double* out) {
    run<Double>(*n, table, first, lanes, steps, stream, k0, k1, flush, out);
}
extern "C" void run32(const Numbers* n, const float* table, uint64_t first, int64_t lanes, int64_t steps, uint32_t stream,
                      uint32_t k0, uint32_t k1, int64_t flush, double* out) {
    run<Single>(*n, table, first, lanes, steps, stream, k0, k1, flush, out);
}
