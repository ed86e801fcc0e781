"""The Coq proofs of the rules of logic."""

from __future__ import annotations

from bounds.terms import Term, both, eq, forall, free_variables, ind, le, lt, mk, n, num, substitute, time, veq
from verify.export.context import Context
from verify.export.development import Item, conjoin, project
from verify.export.measure import measurable
from verify.export.text import Unsupported, random


def given(c: Context) -> str:
    fact = c.d.statement.given(c.step.args["name"])
    if fact is None:
        raise Unsupported(c.step.args["name"])
    name = c.d.hypothesis[f"h_{c.step.args['name']}"]
    return c.done(fact, f"({name} w)" if random(fact) else name)


def assume(c: Context) -> str:
    return f"exact {c.d.find(c.step.concl, c.scope, c.known)}."


def define(c: Context) -> str:
    process = next(p for p in c.d.statement.processes if p.name == c.step.args["name"])
    s, step = c.step.args["time"], c.step.args["case"] == "step"
    at = c.d.printer.time(s)
    atom = mk("vproc" if process.sort == "vector" else "proc", process.name, s)
    value = process.step if step else process.base
    if value is None:
        raise Unsupported(f"a base value of {process.name}")
    value = substitute(value, {"t": s}) if step else value
    wanted = veq(atom, value) if process.sort == "vector" else eq(atom, value)
    claim = f"({process.start} <= {at})%Z" if step else f"({at} < {process.start})%Z"
    side = c.at_time(claim, 0 if c.step.prem else None)
    known = c.d.hypothesis[f"d_{process.name}_{'step' if step else 'base'}"]
    moved = c.d.retime(process.step, {"t": s}, " H", None) if step else ""
    return f"pose proof ({known} {at} w {side}) as H. {moved}{c.done(wanted, 'H')}"


def intro(c: Context) -> str:
    variables, premises, fact = c.step.concl.args
    inside = {**c.scope, **dict(variables)}
    names = [x for v, kind in variables for x in ([f"n_{v}", f"P_{v}"] if kind == "nat" else [f"u_{v}"])]
    given = [(p, f"G{i}") for i, p in enumerate(premises)]
    proof = c.as_fact(0, fact, given, inside)
    binders = " ".join([*names, *(h for _, h in given)])
    return f"exact (fun {binders} => {proof})." if binders else f"exact {proof}."


def elim(c: Context) -> str:
    d, (variables, premises, fact) = c.d, c.fact(0).args
    sub = dict(c.step.args["sub"])
    at, values = 1 + len(premises), []
    for v, sort in variables:
        value = sub[v]
        if sort == "nat":
            text = d.printer.time(value)
            if d.fields.surely_nonneg(value):
                values.append(f"{text} {c.at_time(f'(0 <= {text})%Z')}")
            else:
                values.append(f"{text} {c.at_time(f'(0 <= {text})%Z', at)}")
                at += 1
        elif sort == "vec":
            values.append(c.text(value))
        else:
            values.append(f"(fun w => {c.text(value)}) {measurable(d, value, substitute(sort, sub), c.scope)}")
    proofs = [c.as_fact(1 + k, substitute(p, sub)) for k, p in enumerate(premises)]
    times = {v: sub[v] for v, sort in variables if sort == "nat"}
    moved = d.retime(mk("all", (), premises, fact), times, " H", {**c.scope, **dict(variables)})
    general = " ".join([c.premise(0), *values])
    result = f"(H {' '.join(proofs)})" if proofs else "H"
    if not moved:
        return c.done(substitute(fact, sub), f"({' '.join([general, *proofs])})")
    last = c.done(substitute(fact, sub), result)
    last = f"{d.unfold(c.step.concl, c.scope)}retimed H." if last == "exact H." else last
    return f"pose proof ({general}) as H. {moved}{last}"


def cases(c: Context) -> str:
    p, q = c.step.args["P"], c.step.args["Q"]
    if (q.head == "eq" and q.args[0].head == "ind") or (q.head == "eq" and q.args[1].head == "ind"):
        a, b = (c.text(x) for x in p.args)
        choice, other = f"(ind_{p.head}_cases {a} {b})", eq(ind(p), 0)
    else:
        a, b = p.args
        if q.head in ("le", "lt") and c.d.normal.same(q, mk(q.head, b, a)):
            choice, other = (
                f"({'le_or_ge' if q.head == 'le' else 'le_or_lt'} {c.text(a)} {c.text(b)})",
                mk(q.head, b, a),
            )
        else:
            other = le(b + 1, a)
            times = " ".join(c.d.printer.time(x.args[0]) for x in (a, b))
            small = c.d.restricted(c.scope, p, other)
            claim = f"({c.show(p)}) \\/ ({c.show(other)})"
            choice = f"({c.d.kept(('cases', claim), small, [], claim, lambda: f'by_times {times}.')})"
    goal = c.step.concl
    left = c.as_fact(0, goal, [(p, "C")])
    right = c.as_fact(1, goal, [(q, c.d.coerce(other, q, "C", c.scope))])
    return f"exact (match {choice} with or_introl C => {left} | or_intror C => {right} end)."


def conj(c: Context) -> str:
    facts = [c.fact(k) for k in range(len(c.step.prem))]
    return c.done(both(*facts), conjoin([c.premise(k) for k in range(len(facts))]))


def pick(c: Context) -> str:
    members = c.fact(0).args
    i = next(i for i, f in enumerate(members) if c.d.normal.same(c.step.concl, f))
    return c.done(members[i], project(i, len(members), c.premise(0)))


def induct(c: Context) -> str:
    d, t, phi = c.d, c.step.args["t"], c.step.concl
    zero, after = {t: time(0)}, {t: time(1, **{t: 1})}
    start = c.as_fact(0, substitute(phi, zero))
    following = c.as_fact(1, substitute(phi, after), [(phi, "IH")], {**c.scope, t: "nat"})
    motive = f"(fun n_{t} => {c.show(phi, {**c.scope, t: 'nat'})})"
    inner = {**c.scope, t: "nat"}
    first = f"{{ {d.retime(phi, zero, '', inner)}{_up_to_times(c, start, substitute(phi, zero))} }}"
    step = _up_to_times(c, following, substitute(phi, after))
    second = f"{{ intros n_{t} P_{t} IH. {d.retime(phi, after, '', inner)}{step} }}"
    return f"refine (time_induction {motive} _ _ n_{t} P_{t}); clear n_{t} P_{t}; cbv beta. {first} {second}"


def _up_to_times(c: Context, proof: str, fact: Term) -> str:
    """The tactic that takes the proof of a fact, perhaps with other forms of times under binders."""
    seen = c.d.unfold(fact, {**c.scope, c.step.args["t"]: "nat"}, " S")
    return (
        f"first [exact {proof} | pose proof {proof} as S; {seen.removesuffix('. ') + '; ' if seen else ''}retimed S]."
    )


def induct_strong(c: Context) -> str:
    d, (big, small, extra) = c.d, (c.step.args[k] for k in ("T", "t", "H"))
    phi, sub = c.step.concl, {big: time(0, **{small: 1})}
    earlier = le(n(time(1, **{small: 1})), n(time(0, **{big: 1})))
    before = forall({small: "nat"}, (earlier, *(substitute(h, sub) for h in extra)), substitute(phi, sub))
    scope = {**c.scope, big: "nat"}
    motive = "".join(f"({c.show(h, scope)}) -> " for h in extra) + f"({c.show(phi, scope)})"
    names = [f"K{i}" for i in range(len(extra))]
    outside = [(h, p) for h, p in c.known if not any(d.normal.same(h, e) for e in extra)]
    gone = " ".join([*(p for h, p in c.known if big in free_variables(h)), f"P_{big}", f"n_{big}"])
    proof = c.as_fact(0, phi, [(before, "IH"), *zip(extra, names, strict=True)], scope, outside)
    given = " ".join(d.find(h, c.scope, c.known) for h in extra)
    if any(d.retime(f, sub, " IH", None) for f in (*extra, phi)):
        raise Unsupported("a strong induction that reorders a time")
    return (
        f"refine (time_strong_induction (fun n_{big} => {motive}) _ n_{big} P_{big} {given}); clear {gone}; cbv beta; "
        f"intros n_{big} P_{big} IH {' '.join(names)}. exact {proof}."
    )


def absurd(c: Context) -> str:
    f = c.fact(0)
    weight = num(1)
    if f.head == "eq":
        value = c.d.normal.difference(f.args[1], f.args[0]).get((), 0)
        weight = num(1 if value > 0 else -1)
    script = c.d.combine(lt(0, 0), c.scope, [Item(f, c.premise(0), weight)])
    return f"exfalso. apply (Rlt_irrefl 0). {script}"
