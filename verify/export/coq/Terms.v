(* Terms and facts as data, and what they mean. *)
From Coq Require Import Reals Lra Lia ZArith QArith Qreals List Bool FunctionalExtensionality.
From Tailcert Require Import Tailcert.
Import ListNotations.
Open Scope R_scope.

(* ---------------------------------------------------------------- syntax *)

Inductive time := TV (x : positive) | TI (k : positive) | TC (c : Z) | TA (a b : time) | TM (k : Z) (a : time).
Inductive rel := RLe | RLt | REq.
Inductive scal :=
| Sq (q : Q) | Sp (k : positive) | Sn (t : time)
| Sadd (a b : scal) | Ssub (a b : scal) | Smul (a b : scal) | Spow (a : scal) (n : nat) | Spw (a : scal) (k : nat) | Sexpo (k : nat)
| Sinner (v w : vect) | Snorm (v : vect) | Sexp (a : scal) | Sln (a : scal)
| Sproc (k : positive) (t : time) | Sapp (k : positive) (v : vect)
| SSum (x : positive) (t : time) (b : scal) | SE (t : time) (b : scal)
| Sind (r : rel) (a b : scal) | Sindv (v w : vect)
with vect :=
| Vp (k : positive)                     (* a vector of the statement *)
| Vv (x : positive)                     (* a variable: a vector *)
| Vr (x : positive)                     (* a variable: a random vector *)
| Vproc (k : positive) (t : time) | Vadd (a b : vect) | Vscale (c : scal) (a : vect) | Vapp (k : positive) (a : vect)
| VSum (x : positive) (t : time) (b : vect) | VE (t : time) (b : vect).
Inductive fact :=
| Frel (r : rel) (a b : scal) | Fveq (a b : vect) | Fand (f g : fact) | Fimp (f g : fact)
| FallN (x : positive) (f : fact) | FallV (x : positive) (f : fact) | FallR (x : positive) (t : time) (f : fact)
| Fwhp (a : scal) (f : fact).

Scheme scal_mut := Induction for scal Sort Prop with vect_mut := Induction for vect Sort Prop.
Combined Scheme term_ind from scal_mut, vect_mut.

(* ---------------------------------------------------------------- meaning *)

(* the objects of a statement, by number; etv: the values of the exponents *)
Record objects := {
  par : positive -> R; int : positive -> Z; vpar : positive -> V;
  fs : positive -> V -> R; fv : positive -> V -> V;
  ps : positive -> Z -> Omega -> R; pv : positive -> Z -> Omega -> V;
  etv : list R }.
(* the values of the variables *)
Record env := { ni : positive -> Z; vv : positive -> V; rv : positive -> Omega -> V }.
Definition upd {A} (f : positive -> A) (x : positive) (a : A) : positive -> A := fun y => if Pos.eqb y x then a else f y.
Definition set_n (e : env) (x : positive) (j : Z) : env := {| ni := upd (ni e) x j; vv := vv e; rv := rv e |}.
Definition set_v (e : env) (x : positive) (u : V) : env := {| ni := ni e; vv := upd (vv e) x u; rv := rv e |}.
Definition set_r (e : env) (x : positive) (u : Omega -> V) : env := {| ni := ni e; vv := vv e; rv := upd (rv e) x u |}.

Definition rel_den (r : rel) (a b : R) : Prop := match r with RLe => a <= b | RLt => a < b | REq => a = b end.
Definition ind_den (r : rel) : R -> R -> R := match r with RLe => ind_le | RLt => ind_lt | REq => ind_eq end.

Section Meaning.
Variable O : objects.

Fixpoint tden (t : time) (e : env) : Z :=
  match t with
  | TV x => ni e x | TI k => int O k | TC c => c
  | TA a b => (tden a e + tden b e)%Z | TM k a => (k * tden a e)%Z
  end.
Fixpoint rden (t : time) (e : env) : R :=
  match t with
  | TV x => IZR (ni e x) | TI k => IZR (int O k) | TC c => IZR c
  | TA a b => rden a e + rden b e | TM k a => IZR k * rden a e
  end.
Fixpoint sden (x : scal) (e : env) (w : Omega) {struct x} : R :=
  match x with
  | Sq q => qval q
  | Sp k => par O k
  | Sn t => rden t e
  | Sadd a b => sden a e w + sden b e w
  | Ssub a b => sden a e w - sden b e w
  | Smul a b => sden a e w * sden b e w
  | Spow a n => sden a e w ^ n
  | Spw a k => pw (sden a e w) (nth k (etv O) 0)
  | Sexpo k => nth k (etv O) 0
  | Sinner a b => inner (vden a e w) (vden b e w)
  | Snorm a => norm (vden a e w)
  | Sexp a => exp (sden a e w)
  | Sln a => ln (sden a e w)
  | Sproc k t => ps O k (tden t e) w
  | Sapp k a => fs O k (vden a e w)
  | SSum x t b => Rsum (tden t e) (fun j => sden b (set_n e x j) w)
  | SE t b => E (tden t e) (fun w => sden b e w) w
  | Sind r a b => ind_den r (sden a e w) (sden b e w)
  | Sindv a b => ind_veq (vden a e w) (vden b e w)
  end
with vden (x : vect) (e : env) (w : Omega) {struct x} : V :=
  match x with
  | Vp k => vpar O k
  | Vv y => vv e y
  | Vr y => rv e y w
  | Vproc k t => pv O k (tden t e) w
  | Vadd a b => vadd (vden a e w) (vden b e w)
  | Vscale c a => scale (sden c e w) (vden a e w)
  | Vapp k a => fv O k (vden a e w)
  | VSum x t b => Vsum (tden t e) (fun j => vden b (set_n e x j) w)
  | VE t b => Ev (tden t e) (fun w => vden b e w) w
  end.
Fixpoint holds (f : fact) (e : env) (w : Omega) {struct f} : Prop :=
  match f with
  | Frel r a b => rel_den r (sden a e w) (sden b e w)
  | Fveq a b => vden a e w = vden b e w
  | Fand f g => holds f e w /\ holds g e w
  | Fimp f g => holds f e w -> holds g e w
  | FallN x f => forall j : Z, (0 <= j)%Z -> holds f (set_n e x j) w
  | FallV x f => forall u : V, holds f (set_v e x u) w
  | FallR x t f => forall u : Omega -> V, MeasV (tden t e) u -> holds f (set_r e x u) w
  | Fwhp a f => WHP (sden a e w) (fun w => holds f e w)
  end.
End Meaning.

(* ---------------------------------------------------------------- what a statement declares and assumes *)

Record process := { p_vector : bool; p_name : positive; p_level : Z; p_start : Z; p_base : option (scal + vect); p_step : scal + vect }.
(* sign of a parameter: 1 nonnegative, 2 positive, otherwise not listed; in the step of a process the time is variable 1;
   alpha is parameter 1 *)
Record context := {
  signs_of : list (positive * nat); minima : list (positive * Z); scalar_functions : list positive; vector_functions : list positive;
  noise_name : positive; processes : list process; givens : list fact;
  exponents : table; more : list R }.

Section Truth.
Variable O : objects.
Variable C : context.
Definition alpha : R := par O 1.
Definition xi : Z -> Omega -> V := pv O (noise_name C).
Definition value_is (p : process) (t : Z) (w : Omega) (x : scal + vect) (e : env) : Prop :=
  match x with
  | inl a => p_vector p = false /\ ps O (p_name p) t w = sden O a e w
  | inr a => p_vector p = true /\ pv O (p_name p) t w = vden O a e w
  end.
(* the hypotheses of a statement *)
Record truth : Prop := {
  t_sign : all (fun ks => match snd ks with 1%nat => 0 <= par O (fst ks) | 2%nat => 0 < par O (fst ks) | _ => True end) (signs_of C);
  t_int : all (fun km => (snd km <= int O (fst km))%Z) (minima C);
  t_borel : all (fun k => Borel (fs O k)) (scalar_functions C);
  t_borelv : all (fun k => BorelV (fv O k)) (vector_functions C);
  t_noise : noise xi alpha;
  t_adapted : all (fun p => forall t, if p_vector p then adapted (t + p_level p)%Z (pv O (p_name p) t)
                                else adapted_scalar (t + p_level p)%Z (ps O (p_name p) t)) (processes C);
  t_base : all (fun p => match p_base p with
                         | Some x => forall e t w, (t < p_start p)%Z -> value_is p t w x e
                         | None => True end) (processes C);
  t_step : all (fun p => forall e t w, (p_start p <= t)%Z -> value_is p t w (p_step p) (set_n e 1 t)) (processes C);
  t_given : all (fun f => forall e w, holds O f e w) (givens C);
  t_exponents : table_ok alpha (more C) (exponents C) (etv O) }.
End Truth.

(* a sequent: if all hypotheses hold then so does the conclusion, for all values of the variables and every outcome *)
Definition natural (e : env) : Prop := forall x, (0 <= ni e x)%Z.
Lemma natural_set : forall e x j, natural e -> (0 <= j)%Z -> natural (set_n e x j).
Proof. intros e x j n h y. simpl. unfold upd. destruct (Pos.eqb y x); [exact h|apply n]. Qed.
Definition all_hold (O : objects) (l : list fact) (e : env) (w : Omega) : Prop := all (fun f => holds O f e w) l.
Definition valid (O : objects) (G : list fact) (f : fact) : Prop :=
  forall e w, natural e -> all_hold O G e w -> holds O f e w.

(* ---------------------------------------------------------------- steps *)

(* a product that is known to be nonnegative: a weight, differences b - a of premises a <= b or a < b, and squares *)
Record product := { p_weight : scal; p_facts : list nat; p_squares : list scal; p_vsquares : list vect }.
(* that a premise D of an expectation rule dominates: as it stands or as another term with the same normal form; and a time at
   which the dominated term is known *)
Record bounded := { b_time : time; b_other : option scal }.
Inductive arg := ATime (t : time) | AVec (u : vect).
(* what is seen from the normal forms of parts: terms that are equal, a term that is zero *)
Inductive equality := Same (a b : scal) | Vsame (v w : vect) | Zero (a : scal).
(* how far combine looks into terms.  Closed: the terms of the list, and all that is no polynomial, are atoms of which no inside is
   known; Opened: into all but these atoms, other atoms equal these *)
Inductive opening := Closed (stop : list scal) | Opened (scalars : list scal) (vectors : list vect) (equal : list equality).
Inductive rule :=
| Given (k : nat) | Assume | Define (p : nat) (t : time) (step : bool) | Intro | Elim (l : list arg)
| Cases (p q : fact) | Conj | Pick | Induct (t : positive) | InductStrong (T t : positive) (H : list fact) | Absurd
(* premises by position *)
| Combine (terms : opening) (scaling : product) (items : list product) (eqs : list (nat * scal)) (veqs : list (nat * vect))
| CombineVec (eqs : list (nat * scal))
| CauchySchwarz | PowPos | PowSplit | PowMono | Amgm (theta rest : nat) | IndOne | ExpNegLn | ExpMono | ExpAdd | ExpTangent
| ExpConvex (s a b : scal) | ExpRemainder (v s x : scal) | ExpBernstein (x : scal) | SumZero | SumStep | InnerSum
| EMono (x y : bounded) | ELin (parts : list (scal * scal)) (dominated : list bounded) | EVec (x : bounded)
| Ville (t T N : positive) (Y A : scal) (x : bounded) | Whp.
Definition sequent := (list fact * fact)%type.
(* premises: the numbers of earlier steps *)
Record proof_step := { s_rule : rule; s_premises : list positive; s_hyps : list fact; s_concl : fact }.

(* all that the statements of a file assume, and what one of them, or several in common, do *)
Record pool := {
  all_signs : list (positive * nat); all_minima : list (positive * Z); all_scalar_functions : list positive;
  all_vector_functions : list positive; all_processes : list process; all_givens : list fact }.
Record part := { in_signs : N; in_minima : N; in_scalar_functions : N; in_vector_functions : N; in_processes : N; in_givens : N }.
(* a label: the certificates, and what they assume in common *)
Definition label := (N * part)%type.

(* ---------------------------------------------------------------- structural equality *)

Fixpoint time_eqb (a b : time) : bool :=
  match a, b with
  | TV x, TV y | TI x, TI y => Pos.eqb x y
  | TC c, TC d => Z.eqb c d
  | TA a c, TA b d => time_eqb a b &&& time_eqb c d
  | TM k a, TM l b => Z.eqb k l &&& time_eqb a b
  | _, _ => false
  end.
Lemma time_eqb_ok : forall a b, time_eqb a b = true -> a = b.
Proof.
  induction a; destruct b; simpl; intros h; try discriminate;
    try (apply Pos.eqb_eq in h; now subst); try (apply Z.eqb_eq in h; now subst).
  - apply lazy_and in h as [h1 h2]. now rewrite (IHa1 _ h1), (IHa2 _ h2).
  - apply lazy_and in h as [h1 h2]. apply Z.eqb_eq in h1. now rewrite h1, (IHa _ h2).
Qed.

Definition rel_eqb (r s : rel) : bool := match r, s with RLe, RLe | RLt, RLt | REq, REq => true | _, _ => false end.
Definition rat_eqb (p q : Q) : bool := Z.eqb (Qnum p) (Qnum q) &&& Pos.eqb (Qden p) (Qden q).
Fixpoint scal_eqb (a b : scal) {struct a} : bool :=
  match a with
  | Sq p => match b with Sq q => rat_eqb p q | _ => false end
  | Sp k => match b with Sp l => Pos.eqb k l | _ => false end
  | Sn t => match b with Sn u => time_eqb t u | _ => false end
  | Sadd a c => match b with Sadd b d => scal_eqb a b &&& scal_eqb c d | _ => false end
  | Ssub a c => match b with Ssub b d => scal_eqb a b &&& scal_eqb c d | _ => false end
  | Smul a c => match b with Smul b d => scal_eqb a b &&& scal_eqb c d | _ => false end
  | Spow a n => match b with Spow b m => Nat.eqb n m &&& scal_eqb a b | _ => false end
  | Spw a n => match b with Spw b m => Nat.eqb n m &&& scal_eqb a b | _ => false end
  | Sexpo n => match b with Sexpo m => Nat.eqb n m | _ => false end
  | Sinner a c => match b with Sinner b d => vect_eqb a b &&& vect_eqb c d | _ => false end
  | Snorm a => match b with Snorm b => vect_eqb a b | _ => false end
  | Sexp a => match b with Sexp b => scal_eqb a b | _ => false end
  | Sln a => match b with Sln b => scal_eqb a b | _ => false end
  | Sproc k t => match b with Sproc l u => Pos.eqb k l &&& time_eqb t u | _ => false end
  | Sapp k a => match b with Sapp l b => Pos.eqb k l &&& vect_eqb a b | _ => false end
  | SSum x t a => match b with SSum y u b => Pos.eqb x y &&& time_eqb t u &&& scal_eqb a b | _ => false end
  | SE t a => match b with SE u b => time_eqb t u &&& scal_eqb a b | _ => false end
  | Sind r a c => match b with Sind s b d => rel_eqb r s &&& scal_eqb a b &&& scal_eqb c d | _ => false end
  | Sindv a c => match b with Sindv b d => vect_eqb a b &&& vect_eqb c d | _ => false end
  end
with vect_eqb (a b : vect) {struct a} : bool :=
  match a with
  | Vp k => match b with Vp l => Pos.eqb k l | _ => false end
  | Vv k => match b with Vv l => Pos.eqb k l | _ => false end
  | Vr k => match b with Vr l => Pos.eqb k l | _ => false end
  | Vproc k t => match b with Vproc l u => Pos.eqb k l &&& time_eqb t u | _ => false end
  | Vadd a c => match b with Vadd b d => vect_eqb a b &&& vect_eqb c d | _ => false end
  | Vscale a c => match b with Vscale b d => scal_eqb a b &&& vect_eqb c d | _ => false end
  | Vapp k a => match b with Vapp l b => Pos.eqb k l &&& vect_eqb a b | _ => false end
  | VSum x t a => match b with VSum y u b => Pos.eqb x y &&& time_eqb t u &&& vect_eqb a b | _ => false end
  | VE t a => match b with VE u b => time_eqb t u &&& vect_eqb a b | _ => false end
  end.
Fixpoint fact_eqb (f g : fact) {struct f} : bool :=
  match f with
  | Frel r a c => match g with Frel s b d => rel_eqb r s &&& scal_eqb a b &&& scal_eqb c d | _ => false end
  | Fveq a c => match g with Fveq b d => vect_eqb a b &&& vect_eqb c d | _ => false end
  | Fand a c => match g with Fand b d => fact_eqb a b &&& fact_eqb c d | _ => false end
  | Fimp a c => match g with Fimp b d => fact_eqb a b &&& fact_eqb c d | _ => false end
  | FallN x a => match g with FallN y b => Pos.eqb x y &&& fact_eqb a b | _ => false end
  | FallV x a => match g with FallV y b => Pos.eqb x y &&& fact_eqb a b | _ => false end
  | FallR x t a => match g with FallR y u b => Pos.eqb x y &&& time_eqb t u &&& fact_eqb a b | _ => false end
  | Fwhp a f => match g with Fwhp b g => scal_eqb a b &&& fact_eqb f g | _ => false end
  end.
Lemma rel_eqb_ok : forall r s, rel_eqb r s = true -> r = s.
Proof. intros [] [] h; try discriminate; reflexivity. Qed.
Lemma rat_eqb_ok : forall p q, rat_eqb p q = true -> p = q.
Proof. intros [a b] [c d] h. apply lazy_and in h as [h1 h2]. simpl in *. apply Z.eqb_eq in h1. apply Pos.eqb_eq in h2. now subst. Qed.
Ltac split_tests := repeat match goal with
  | h : (if _ then _ else false) = true |- _ => apply lazy_and in h as [? ?]
  | h : Pos.eqb _ _ = true |- _ => apply Pos.eqb_eq in h
  | h : Nat.eqb _ _ = true |- _ => apply Nat.eqb_eq in h
  | h : time_eqb _ _ = true |- _ => apply time_eqb_ok in h
  | h : rel_eqb _ _ = true |- _ => apply rel_eqb_ok in h
  | h : rat_eqb _ _ = true |- _ => apply rat_eqb_ok in h
  end.
Lemma eqb_ok : (forall a b, scal_eqb a b = true -> a = b) /\ (forall a b, vect_eqb a b = true -> a = b).
Proof.
  apply term_ind; intros;
    match goal with h : scal_eqb _ ?b = true |- _ => destruct b | h : vect_eqb _ ?b = true |- _ => destruct b end;
    try discriminate; simpl in *; split_tests; subst; f_equal; auto.
Qed.
Lemma fact_eqb_ok : forall f g, fact_eqb f g = true -> f = g.
Proof.
  induction f; intros g h; destruct g; try discriminate; simpl in h; split_tests; subst; f_equal; auto; now apply eqb_ok.
Qed.

(* ---------------------------------------------------------------- facts that are the same, up to a test *)

Section Same.
Variable O : objects.
Variable same : fact -> fact -> bool.
Hypothesis same_ok : forall f g, same f g = true -> forall e w, natural e -> (holds O f e w <-> holds O g e w).
(* every fact of H is one of G; most are as they stand *)
Fixpoint has (eq : fact -> fact -> bool) (G : list fact) (h : fact) : bool :=
  match G with [] => false | g :: G' => eq h g ||| has eq G' h end.
Fixpoint covers (G H : list fact) : bool :=
  match H with [] => true | h :: H' => (has fact_eqb G h ||| has same G h) &&& covers G H' end.
Definition entails (G : list fact) (p : sequent) (f : fact) : bool := covers G (fst p) &&& same (snd p) f.
Lemma has_ok : forall eq, (forall h g, eq h g = true -> forall e w, natural e -> holds O g e w -> holds O h e w) ->
  forall G h, has eq G h = true -> forall e w, natural e -> all_hold O G e w -> holds O h e w.
Proof.
  intros eq q G h. induction G as [|g G IH]; intros c e w n k; [discriminate|]. destruct k as [k1 k2]. simpl in c.
  destruct (eq h g) eqn:s; [exact (q h g s e w n k1)|now apply IH].
Qed.
Lemma covers_ok : forall G H, covers G H = true -> forall e w, natural e -> all_hold O G e w -> all_hold O H e w.
Proof.
  intros G H. induction H as [|h H IH]; intros c e w n k; [exact I|]. simpl in c. apply lazy_and in c as [c1 c2].
  split; [|now apply IH]. apply lazy_or in c1 as [c1|c1].
  - apply (has_ok fact_eqb) with (G := G); try assumption. intros a b q. rewrite (fact_eqb_ok _ _ q). auto.
  - apply (has_ok same) with (G := G); try assumption. intros a b q e' w' n' g. now apply (same_ok _ _ q e' w' n').
Qed.
Lemma entails_ok : forall G p f, entails G p f = true -> valid O (fst p) (snd p) -> valid O G f.
Proof.
  intros G p f h v e w n k. apply lazy_and in h as [c h]. apply (same_ok _ _ h e w n). apply v; [exact n|]. now apply (covers_ok G).
Qed.
End Same.
