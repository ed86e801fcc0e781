(* The meaning of certificates in Coq, the facts behind the rules of docs/rules.md, and the cited ledger as axioms.

   A fact is a Prop about one outcome w; a sequent holds for all free variables and outcomes.
   Everything is stated for every outcome: E is a version of the conditional expectation whose laws hold everywhere,
   as they do on a path space with regular conditional distributions. *)
From Coq Require Import Reals Lra Lia ZArith QArith Qreals Qpower Qround List Bool FunctionalExtensionality RMicromega.
From Coq Require ClassicalDedekindReals.
Import ListNotations.
Open Scope R_scope.

(* ---------------------------------------------------------------- objects *)

Parameter V : Type.
Parameter vzero : V.
Parameter vadd : V -> V -> V.
Parameter scale : R -> V -> V.
Parameter inner : V -> V -> R.
Record InnerProductSpace : Prop := {
  inner_sym : forall v w, inner v w = inner w v;
  inner_add : forall u v w, inner (vadd u v) w = inner u w + inner v w;
  inner_scale : forall c v w, inner (scale c v) w = c * inner v w;
  inner_zero : forall v, inner vzero v = 0;
  inner_pos : forall v, 0 <= inner v v;
  inner_definite : forall v w, inner (vadd v (scale (-1) w)) (vadd v (scale (-1) w)) = 0 -> v = w }.
Axiom V_is_an_inner_product_space : InnerProductSpace.

Definition norm (v : V) : R := sqrt (inner v v).

Parameter Omega : Type.
Parameter omega0 : Omega.

(* 0^0 = 1; a negative power of 0 and a power of a negative number are some fixed number, here 0 *)
Definition pw (x e : R) : R :=
  if Req_EM_T x 0 then (if Req_EM_T e 0 then 1 else 0) else if Rlt_dec 0 x then Rpower x e else 0.

Fixpoint nsum (n : nat) (f : Z -> R) : R := match n with O => 0 | S k => nsum k f + f (Z.of_nat k) end.
Fixpoint nvsum (n : nat) (f : Z -> V) : V := match n with O => vzero | S k => vadd (nvsum k f) (f (Z.of_nat k)) end.
(* the sum over 0 <= j < T *)
Definition Rsum (T : Z) (f : Z -> R) : R := nsum (Z.to_nat T) f.
Definition Vsum (T : Z) (f : Z -> V) : V := nvsum (Z.to_nat T) f.

Definition ind_le (a b : R) : R := if Rle_dec a b then 1 else 0.
Definition ind_lt (a b : R) : R := if Rlt_dec a b then 1 else 0.
Definition ind_eq (a b : R) : R := if Req_EM_T a b then 1 else 0.
Definition ind_veq (v w : V) : R := ind_eq (norm (vadd v (scale (-1) w))) 0.

(* E s X is E[X | F_s]; outer probability; the measurable functions that a user supplies *)
Parameter E : Z -> (Omega -> R) -> Omega -> R.
Parameter Ev : Z -> (Omega -> V) -> Omega -> V.
Parameter Pr : (Omega -> Prop) -> R.
Parameter adapted : Z -> (Omega -> V) -> Prop.      (* F_s-measurable random vectors *)
Parameter adapted_scalar : Z -> (Omega -> R) -> Prop.
Parameter Borel : (V -> R) -> Prop.
Parameter BorelV : (V -> V) -> Prop.
Parameter finite_moments : (Z -> Omega -> V) -> R -> Prop.  (* E[||xi_t||^alpha | F_(t-1)] < infinity for every t *)

Definition WHP (e : R) (P : Omega -> Prop) : Prop := Pr (fun w => ~ P w) <= e.

(* ---------------------------------------------------------------- measurability, computed from the term *)

Inductive Meas : Z -> (Omega -> R) -> Prop :=
| m_base : forall r s X, (r <= s)%Z -> adapted_scalar r X -> Meas s X
| m_const : forall s c, Meas s (fun _ => c)
| m_add : forall s X Y, Meas s X -> Meas s Y -> Meas s (fun w => X w + Y w)
| m_mul : forall s X Y, Meas s X -> Meas s Y -> Meas s (fun w => X w * Y w)
| m_pow : forall s X n, Meas s X -> Meas s (fun w => X w ^ n)
| m_pw : forall s X e, Meas s X -> Meas s (fun w => pw (X w) e)
| m_exp : forall s X, Meas s X -> Meas s (fun w => exp (X w))
| m_ln : forall s X, Meas s X -> Meas s (fun w => ln (X w))
| m_inner : forall s v w, MeasV s v -> MeasV s w -> Meas s (fun x => inner (v x) (w x))
| m_norm : forall s v, MeasV s v -> Meas s (fun x => norm (v x))
| m_app : forall s f v, Borel f -> MeasV s v -> Meas s (fun x => f (v x))
| m_sum : forall s T X, (forall j, (0 <= j < T)%Z -> Meas s (X j)) -> Meas s (fun w => Rsum T (fun j => X j w))
| m_E : forall r s X, (r <= s)%Z -> Meas s (E r X)
| m_ind_le : forall s X Y, Meas s X -> Meas s Y -> Meas s (fun w => ind_le (X w) (Y w))
| m_ind_lt : forall s X Y, Meas s X -> Meas s Y -> Meas s (fun w => ind_lt (X w) (Y w))
| m_ind_eq : forall s X Y, Meas s X -> Meas s Y -> Meas s (fun w => ind_eq (X w) (Y w))
with MeasV : Z -> (Omega -> V) -> Prop :=
| mv_base : forall r s v, (r <= s)%Z -> adapted r v -> MeasV s v
| mv_const : forall s c, MeasV s (fun _ => c)
| mv_add : forall s v w, MeasV s v -> MeasV s w -> MeasV s (fun x => vadd (v x) (w x))
| mv_scale : forall s X v, Meas s X -> MeasV s v -> MeasV s (fun x => scale (X x) (v x))
| mv_app : forall s f v, BorelV f -> MeasV s v -> MeasV s (fun x => f (v x))
| mv_sum : forall s T v, (forall j, (0 <= j < T)%Z -> MeasV s (v j)) -> MeasV s (fun w => Vsum T (fun j => v j w))
| mv_Ev : forall r s v, (r <= s)%Z -> MeasV s (Ev r v).

Inductive MeasP : Z -> (Omega -> Prop) -> Prop :=
| mp_true : forall s, MeasP s (fun _ => True)
| mp_and : forall s P Q, MeasP s P -> MeasP s Q -> MeasP s (fun w => P w /\ Q w)
| mp_le : forall s X Y, Meas s X -> Meas s Y -> MeasP s (fun w => X w <= Y w)
| mp_lt : forall s X Y, Meas s X -> Meas s Y -> MeasP s (fun w => X w < Y w)
| mp_eq : forall s X Y, Meas s X -> Meas s Y -> MeasP s (fun w => X w = Y w)
| mp_veq : forall s v u, MeasV s v -> MeasV s u -> MeasP s (fun w => v w = u w).

Definition random (X : Omega -> R) : Prop := exists r, Meas r X.
Definition randomV (v : Omega -> V) : Prop := exists r, MeasV r v.

Definition noise (xi : Z -> Omega -> V) (alpha : R) : Prop :=
  (forall t, adapted t (xi t)) /\ finite_moments xi alpha.

(* D is a sum of terms m ||xi_(s+1)||^p with m F_s-measurable and 0 <= p <= alpha *)
Inductive Dominating (xi : Z -> Omega -> V) (alpha : R) (s : Z) : (Omega -> R) -> Prop :=
| d_meas : forall m, Meas s m -> Dominating xi alpha s m
| d_norm : forall p, 0 <= p <= alpha -> Dominating xi alpha s (fun w => pw (norm (xi (s + 1)%Z w)) p)
| d_mul : forall m D, Meas s m -> Dominating xi alpha s D -> Dominating xi alpha s (fun w => m w * D w)
| d_add : forall D D', Dominating xi alpha s D -> Dominating xi alpha s D' -> Dominating xi alpha s (fun w => D w + D' w)
| d_ext : forall D D', (forall w, D' w = D w) -> Dominating xi alpha s D -> Dominating xi alpha s D'.

Definition Dominated xi alpha s (G : Omega -> Prop) (X : Omega -> R) : Prop :=
  random X /\ exists D, Dominating xi alpha s D /\ forall w, G w -> X w <= D w /\ -1 * X w <= D w.

(* ---------------------------------------------------------------- the axioms *)

Record OuterProbability : Prop := {
  Pr_mono : forall P Q : Omega -> Prop, (forall w, P w -> Q w) -> Pr P <= Pr Q;
  Pr_union : forall P Q : Omega -> Prop, Pr (fun w => P w \/ Q w) <= Pr P + Pr Q }.
Axiom Pr_is_an_outer_probability : OuterProbability.

(* conditional expectation is monotone, also on an F_s-measurable event G *)
Axiom E_mono : forall xi alpha s (G : Omega -> Prop) X Y, noise xi alpha -> MeasP s G ->
  Dominated xi alpha s G X -> Dominated xi alpha s G Y -> (forall w, G w -> X w <= Y w) ->
  forall w, G w -> E s X w <= E s Y w.

(* it is linear, F_s-measurable factors come out, E[1 | F_s] = 1 *)
Fixpoint combination (l : list ((Omega -> R) * (Omega -> R))) (w : Omega) : R :=
  match l with [] => 0 | (c, X) :: l' => c w * X w + combination l' w end.
Fixpoint combination_E (s : Z) (l : list ((Omega -> R) * (Omega -> R))) (w : Omega) : R :=
  match l with [] => 0 | (c, X) :: l' => c w * E s X w + combination_E s l' w end.
Fixpoint parts_ok xi alpha s (G : Omega -> Prop) (l : list ((Omega -> R) * (Omega -> R))) : Prop :=
  match l with [] => True | (c, X) :: l' => Meas s c /\ Dominated xi alpha s G X /\ parts_ok xi alpha s G l' end.
Axiom E_lin : forall xi alpha s (G : Omega -> Prop) l, noise xi alpha -> MeasP s G -> parts_ok xi alpha s G l ->
  forall w, G w -> E s (combination l) w = combination_E s l w.
Axiom E_one : forall s w, E s (fun _ => 1) w = 1.

(* it commutes with the inner product by an F_s-measurable vector *)
Axiom E_vec : forall xi alpha s (G : Omega -> Prop) a v D, noise xi alpha -> MeasP s G -> MeasV s a -> randomV v ->
  Dominating xi alpha s D -> (forall w, G w -> norm (v w) <= D w) ->
  forall w, G w -> inner (a w) (Ev s v w) = E s (fun x => inner (a x) (v x)) w.

(* ledger: Ville's inequality for exp(sum_(t<T) Y_t), a nonnegative supermartingale *)
Axiom ville : forall xi alpha (Y : Z -> Omega -> R) (A : R) (N : Z), noise xi alpha ->
  (forall t, (0 <= t)%Z -> Meas t (Y t)) ->
  (forall t, (0 <= t)%Z -> Dominated xi alpha (t + -1) (fun _ => True) (fun w => exp (Y t w))) ->
  (forall t w, (0 <= t)%Z -> E (t + -1) (fun x => exp (Y t x)) w <= 1) -> 0 <= A ->
  WHP (exp (-1 * A)) (fun w => forall T, (0 <= T)%Z -> IZR T <= IZR N -> Rsum T (fun t => Y t w) <= A).

(* ---------------------------------------------------------------- vectors, powers, sums *)

Notation ips := V_is_an_inner_product_space.
Lemma inner_add_r : forall u v w, inner w (vadd u v) = inner w u + inner w v.
Proof. intros. rewrite !(inner_sym ips w), (inner_add ips). reflexivity. Qed.
Lemma inner_scale_r : forall c v w, inner w (scale c v) = c * inner w v.
Proof. intros. rewrite !(inner_sym ips w), (inner_scale ips). reflexivity. Qed.
Lemma inner_zero_r : forall v, inner v vzero = 0.
Proof. intros. rewrite (inner_sym ips). apply (inner_zero ips). Qed.

Lemma norm_nonneg : forall v, 0 <= norm v.
Proof. intros. apply sqrt_pos. Qed.
Lemma norm_square : forall v, norm v * norm v = inner v v.
Proof. intros. apply sqrt_sqrt, (inner_pos ips). Qed.

Theorem cauchy_schwarz : forall v w, inner v w <= norm v * norm w.
Proof.
  intros. unfold norm. rewrite <- sqrt_mult by apply (inner_pos ips).
  assert (K : inner v w * inner v w <= inner v v * inner w w).
  { set (a := inner v v); set (b := inner v w); set (c := inner w w).
    assert (P : forall r s, 0 <= r * r * a + 2 * (r * s * b) + s * s * c).
    { intros. pose proof (inner_pos ips (vadd (scale r v) (scale s w))) as H.
      rewrite (inner_add ips), !inner_add_r, !(inner_scale ips), !inner_scale_r, (inner_sym ips w v) in H.
      unfold a, b, c. lra. }
    assert (A : 0 <= a) by apply (inner_pos ips). assert (C : 0 <= c) by apply (inner_pos ips).
    destruct (Rle_lt_or_eq_dec 0 c C) as [h|h].
    - pose proof (P c (- b)). assert (0 <= c * (a * c - b * b)) by lra.
      apply Rmult_le_reg_l with c; lra.
    - rewrite <- h in *. destruct (Req_EM_T b 0) as [z|z]; [rewrite z; lra|].
      exfalso. pose proof (P b (- (a + 1) / 2)).
      assert (b * b * a + 2 * (b * (- (a + 1) / 2) * b) + - (a + 1) / 2 * (- (a + 1) / 2) * 0 = - (b * b)) by field.
      assert (0 < b * b) by (destruct (Rtotal_order b 0) as [k|[k|k]]; [|contradiction|]; nra). lra. }
  destruct (Rle_dec (inner v w) 0) as [n|n]; [apply Rle_trans with 0; [exact n | apply sqrt_pos]|].
  rewrite <- (sqrt_square (inner v w)) by lra. apply sqrt_le_1_alt. exact K.
Qed.

Lemma pw_pos_base : forall x e, 0 < x -> pw x e = Rpower x e.
Proof. intros. unfold pw. destruct (Req_EM_T x 0); [lra|]. destruct (Rlt_dec 0 x); [reflexivity|lra]. Qed.
Lemma pw_zero : forall e, pw 0 e = if Req_EM_T e 0 then 1 else 0.
Proof. intros. unfold pw. destruct (Req_EM_T 0 0); [reflexivity|lra]. Qed.
Lemma pw_pos : forall x e, 0 < x -> 0 < pw x e.
Proof. intros. rewrite pw_pos_base by assumption. apply exp_pos. Qed.
Lemma pw_nonneg : forall x e, 0 <= pw x e.
Proof.
  intros. unfold pw. destruct (Req_EM_T x 0); [destruct (Req_EM_T e 0); lra|].
  destruct (Rlt_dec 0 x); [left; apply exp_pos|lra].
Qed.
Lemma pw_plus : forall x a b, 0 < x -> pw x a * pw x b = pw x (a + b).
Proof. intros. rewrite !pw_pos_base by assumption. symmetry. apply Rpower_plus. Qed.
Lemma pw_plus0 : forall x a b, 0 <= x -> 0 <= a -> 0 <= b -> pw x a * pw x b = pw x (a + b).
Proof.
  intros. destruct H as [H|H]; [now apply pw_plus|]. subst x. rewrite !pw_zero.
  destruct (Req_EM_T a 0), (Req_EM_T b 0), (Req_EM_T (a + b) 0); try lra.
Qed.
Lemma pw_mult : forall x y e, 0 <= x -> 0 <= y -> pw (x * y) e = pw x e * pw y e.
Proof.
  intros x y e [hx|hx] [hy|hy].
  - assert (0 < x * y) by (apply Rmult_lt_0_compat; assumption).
    rewrite !pw_pos_base by assumption. symmetry. apply Rpower_mult_distr; assumption.
  - subst y. rewrite Rmult_0_r, !pw_zero. destruct (Req_EM_T e 0); [|lra]. subst e.
    rewrite pw_pos_base by assumption. rewrite Rpower_O by assumption. lra.
  - subst x. rewrite Rmult_0_l, !pw_zero. destruct (Req_EM_T e 0); [|lra]. subst e.
    rewrite pw_pos_base by assumption. rewrite Rpower_O by assumption. lra.
  - subst x y. rewrite Rmult_0_l, !pw_zero. destruct (Req_EM_T e 0); lra.
Qed.
Lemma pw_one_base : forall e, pw 1 e = 1.
Proof. intros. rewrite pw_pos_base by lra. unfold Rpower. rewrite ln_1, Rmult_0_r. apply exp_0. Qed.
Lemma pw_pw : forall x a b, 0 <= x -> pw (pw x a) b = pw x (a * b).
Proof.
  intros x a b [h|h].
  - rewrite (pw_pos_base x a) by assumption. rewrite pw_pos_base by apply exp_pos. rewrite pw_pos_base by assumption.
    apply Rpower_mult.
  - subst x. rewrite !pw_zero. destruct (Req_EM_T a 0) as [z|z].
    + subst a. rewrite pw_one_base, Rmult_0_l. destruct (Req_EM_T 0 0); [reflexivity|lra].
    + rewrite pw_zero. destruct (Req_EM_T b 0) as [y|y].
      * subst b. rewrite Rmult_0_r. destruct (Req_EM_T 0 0); [reflexivity|lra].
      * destruct (Req_EM_T (a * b) 0) as [k|k]; [|reflexivity]. destruct (Rmult_integral _ _ k); contradiction.
Qed.
Lemma pw_nat : forall x n, 0 <= x -> pw x (INR n) = x ^ n.
Proof.
  intros x n [h|h]. - rewrite pw_pos_base by assumption. apply Rpower_pow. assumption.
  - subst x. rewrite pw_zero. destruct n as [|n].
    + simpl. destruct (Req_EM_T 0 0); lra.
    + destruct (Req_EM_T (INR (S n)) 0) as [k|k]; [exfalso; apply (not_0_INR (S n)); [discriminate|exact k]|].
      simpl. lra.
Qed.

Lemma Rsum_zero : forall T f, IZR T <= 0 -> Rsum T f = 0.
Proof. intros T f h. apply le_IZR in h. unfold Rsum. destruct T; [reflexivity|lia|reflexivity]. Qed.
Lemma Rsum_step : forall T f, (0 <= T)%Z -> Rsum (T + 1) f = Rsum T f + f T.
Proof.
  intros. unfold Rsum. rewrite Z2Nat.inj_add by lia. change (Z.to_nat 1) with 1%nat. rewrite Nat.add_1_r. simpl.
  rewrite Z2Nat.id by assumption. reflexivity.
Qed.
Lemma Vsum_zero : forall T f, IZR T <= 0 -> Vsum T f = vzero.
Proof. intros T f h. apply le_IZR in h. unfold Vsum. destruct T; [reflexivity|lia|reflexivity]. Qed.
Lemma scale_0 : forall v, scale 0 v = vzero.
Proof.
  intros. apply (inner_definite ips).
  rewrite !(inner_add ips), !inner_add_r, !(inner_scale ips), !inner_scale_r, !inner_zero_r, (inner_zero ips). ring.
Qed.
Lemma Vsum_zero_scale : forall T f, IZR T <= 0 -> Vsum T f = scale 0 (Vsum T f).
Proof. intros. rewrite scale_0. now apply Vsum_zero. Qed.
Lemma Vsum_step : forall T f, (0 <= T)%Z -> Vsum (T + 1) f = vadd (Vsum T f) (f T).
Proof.
  intros. unfold Vsum. rewrite Z2Nat.inj_add by lia. change (Z.to_nat 1) with 1%nat. rewrite Nat.add_1_r. simpl.
  rewrite Z2Nat.id by assumption. reflexivity.
Qed.
Lemma nsum_ext : forall n f g, (forall j, (0 <= j < Z.of_nat n)%Z -> f j = g j) -> nsum n f = nsum n g.
Proof.
  induction n as [|n IH]; intros f g h; [reflexivity|]. simpl. rewrite (IH f g), (h (Z.of_nat n)); [reflexivity|lia|].
  intros. apply h. lia.
Qed.
Lemma Rsum_ext : forall T f g, (forall j, (0 <= j)%Z -> f j = g j) -> Rsum T f = Rsum T g.
Proof. intros. apply nsum_ext. intros. apply H. lia. Qed.
Lemma nvsum_ext : forall n f g, (forall j, (0 <= j)%Z -> f j = g j) -> nvsum n f = nvsum n g.
Proof. induction n as [|n IH]; intros f g h; [reflexivity|]. simpl. rewrite (IH f g h), (h (Z.of_nat n)); [reflexivity|lia]. Qed.
Lemma Vsum_ext : forall T f g, (forall j, (0 <= j)%Z -> f j = g j) -> Vsum T f = Vsum T g.
Proof. intros. now apply nvsum_ext. Qed.
Lemma inner_sum : forall v T f, inner v (Vsum T f) = Rsum T (fun j => inner v (f j)).
Proof.
  intros. unfold Vsum, Rsum. induction (Z.to_nat T) as [|n IH]; simpl; [apply inner_zero_r|].
  rewrite inner_add_r, IH. reflexivity.
Qed.

(* ---------------------------------------------------------------- tests, one after the other *)

(* the second is computed only if the first does not decide *)
Notation "a &&& b" := (if a then b else false) (at level 40, left associativity).
Notation "a ||| b" := (if a then true else b) (at level 50, left associativity).
Lemma lazy_and : forall a b : bool, a &&& b = true -> a = true /\ b = true.
Proof. intros [] b h; [now split|discriminate]. Qed.
Lemma lazy_or : forall a b : bool, a ||| b = true -> a = true \/ b = true.
Proof. intros [] b h; [now left|now right]. Qed.

(* ---------------------------------------------------------------- polynomials over atoms: the rule combine *)

Arguments Q2R : simpl never.
Arguments Qred : simpl never.
Arguments Qfloor : simpl never.
Arguments Qeq_bool : simpl never.
Arguments Qle_bool : simpl never.
Arguments Qplus : simpl never.
Arguments Qmult : simpl never.
Arguments Qpower : simpl never.
Definition qval (q : Q) : R :=
  match Qden q with xH => IZR (Qnum q) | d => IZR (Qnum q) / IZR (Zpos d) end.
Lemma qval_Q2R : forall q, qval q = Q2R q.
Proof. intros [n d]. unfold qval, Q2R. simpl. destruct d; try reflexivity. rewrite Rinv_1. ring. Qed.

(* lowest terms; most numbers are integers *)
Definition qred (q : Q) : Q := match Qden q with xH => q | _ => Qred q end.
Lemma qred_correct : forall q, (qred q == q)%Q.
Proof. intros [n d]. unfold qred. simpl. destruct d; try reflexivity; apply Qred_correct. Qed.
(* sums and products; to find common divisors takes longer than to compute with them *)
Definition qsum (c d : Q) : Q :=
  if Pos.eqb (Qden c) (Qden d) then match (Qnum c + Qnum d)%Z with Z0 => 0%Q | n => Qmake n (Qden c) end else (c + d)%Q.
Definition unit_times (c d : Q) : option Q :=
  match c with Qmake (Zpos xH) xH => Some d | Qmake (Zneg xH) xH => Some (Qopp d) | _ => None end.
Definition qprod (c d : Q) : Q :=
  match unit_times c d with Some x => x | None => match unit_times d c with Some x => x | None => (c * d)%Q end end.
Lemma qsum_correct : forall c d, (qsum c d == c + d)%Q.
Proof.
  intros [n a] [m b]. unfold qsum. simpl Qden. simpl Qnum. destruct (Pos.eqb a b) eqn:h; [|reflexivity].
  apply Pos.eqb_eq in h. subst b. destruct (n + m)%Z eqn:s; unfold Qeq, Qplus; simpl Qnum; simpl Qden; rewrite Pos2Z.inj_mul; nia.
Qed.
Lemma unit_times_correct : forall c d x, unit_times c d = Some x -> (x == c * d)%Q.
Proof.
  intros [n a] d x h. destruct a; [destruct n as [|[]|[]]; discriminate h|destruct n as [|[]|[]]; discriminate h|].
  destruct n as [|[]|[]]; try discriminate h; injection h as <-; ring.
Qed.
Lemma qprod_correct : forall c d, (qprod c d == c * d)%Q.
Proof.
  intros c d. unfold qprod. destruct (unit_times c d) as [x|] eqn:h; [exact (unit_times_correct _ _ _ h)|].
  destruct (unit_times d c) as [x|] eqn:g; [rewrite (unit_times_correct _ _ _ g); apply Qmult_comm|reflexivity].
Qed.
(* comparisons without products where the denominators are the same *)
Definition qzero (q : Q) : bool := match Qnum q with Z0 => true | _ => false end.
Definition qnonneg (q : Q) : bool := match Qnum q with Zneg _ => false | _ => true end.
Definition qcmp (c d : Q) : comparison := if Pos.eqb (Qden c) (Qden d) then (Qnum c ?= Qnum d)%Z else Qcompare c d.
Definition qeq (c d : Q) : bool := match qcmp c d with Eq => true | _ => false end.
Lemma qzero_eq : forall q, qzero q = Qeq_bool q 0.
Proof. intros [[|n|n] d]; reflexivity. Qed.
Lemma qnonneg_eq : forall q, qnonneg q = Qle_bool 0 q.
Proof. intros [[|n|n] d]; reflexivity. Qed.
Lemma qcmp_eq : forall c d, qcmp c d = Qcompare c d.
Proof.
  intros [n a] [m b]. unfold qcmp, Qcompare. simpl Qden. simpl Qnum. destruct (Pos.eqb a b) eqn:h; [|reflexivity].
  apply Pos.eqb_eq in h. subst b. apply Zmult_compare_compat_r. reflexivity.
Qed.
Lemma qeq_eq : forall c d, qeq c d = Qeq_bool c d.
Proof.
  intros c d. unfold qeq. rewrite qcmp_eq. destruct (Qcompare c d) eqn:h, (Qeq_bool c d) eqn:g; try reflexivity; exfalso.
  - apply Qeq_alt, Qeq_bool_iff in h. congruence.
  - apply Qeq_bool_iff, Qeq_alt in g. congruence.
  - apply Qeq_bool_iff, Qeq_alt in g. congruence.
Qed.
Arguments qzero : simpl never.
Arguments qnonneg : simpl never.
Arguments qcmp : simpl never.
Arguments qeq : simpl never.
(* exponents: combinations of a list of basis numbers, the first of which is 1 *)
Definition ev := list Q.
Fixpoint evE (bas : list R) (e : ev) {struct e} : R :=
  match e, bas with c :: e', b :: bs => Q2R c * b + evE bs e' | _, _ => 0 end.
Fixpoint evadd (e f : ev) : ev :=
  match e, f with [], _ => f | _, [] => e | c :: e', d :: f' => qred (qsum c d) :: evadd e' f' end.
Definition evscale (q : Q) (e : ev) : ev := map (fun c => qred (q * c)) e.
Definition evzero (e : ev) : bool := forallb qzero e.
Fixpoint eveq (e f : ev) : bool :=
  match e, f with [], _ => evzero f | _, [] => evzero e | c :: e', d :: f' => qeq c d &&& eveq e' f' end.
(* a total order: the sign of the first number that is not 0, of e and of e - f *)
Fixpoint evsgn (e : ev) : comparison := match e with [] => Eq | c :: r => match Qnum c with Z0 => evsgn r | Zpos _ => Gt | Zneg _ => Lt end end.
Fixpoint evcmp (e f : ev) : comparison :=
  match e, f with
  | [], _ => CompOpp (evsgn f)
  | _, [] => evsgn e
  | c :: e', d :: f' => match qcmp c d with Eq => evcmp e' f' | s => s end
  end.
Lemma evsgn_evzero : forall e, evsgn e = Eq -> evzero e = true.
Proof.
  induction e as [|c e IH]; intros h; [reflexivity|]. simpl in *. unfold qzero. destruct (Qnum c); try discriminate. now apply IH.
Qed.
Lemma evcmp_eveq : forall e f, evcmp e f = Eq -> eveq e f = true.
Proof.
  induction e as [|c e IH]; intros f h.
  - simpl in *. apply evsgn_evzero. destruct (evsgn f); [reflexivity|discriminate|discriminate].
  - destruct f as [|d f]; [exact (evsgn_evzero (c :: e) h)|]. simpl in *. unfold qeq. destruct (qcmp c d); try discriminate. now apply IH.
Qed.
Definition evnat (e : ev) : option nat :=
  match e with
  | [] => Some O
  | c :: r => if evzero r && Qeq_bool c (inject_Z (Qfloor c)) && (0 <=? Qfloor c)%Z then Some (Z.to_nat (Qfloor c)) else None
  end.

Lemma Qeq_bool_Q2R : forall a b, Qeq_bool a b = true -> Q2R a = Q2R b.
Proof. intros. apply Qeq_eqR. now apply Qeq_bool_iff. Qed.
Lemma Q2R_qred : forall a, Q2R (qred a) = Q2R a.
Proof. intros. apply Qeq_eqR, qred_correct. Qed.
Lemma Q2R_qsum : forall a b, Q2R (qsum a b) = Q2R a + Q2R b.
Proof. intros. rewrite <- Q2R_plus. apply Qeq_eqR, qsum_correct. Qed.
Lemma Q2R_qprod : forall a b, Q2R (qprod a b) = Q2R a * Q2R b.
Proof. intros. rewrite <- Q2R_mult. apply Qeq_eqR, qprod_correct. Qed.
Lemma evzero_E : forall bas e, evzero e = true -> evE bas e = 0.
Proof.
  intros bas e. revert bas. induction e as [|c e IH]; intros bas h; [destruct bas; reflexivity|].
  simpl in h. apply andb_prop in h as [h1 h2]. destruct bas; [reflexivity|]. simpl. rewrite IH by assumption.
  rewrite qzero_eq in h1. rewrite (Qeq_bool_Q2R _ _ h1). rewrite RMicromega.Q2R_0. ring.
Qed.
Lemma evadd_E : forall bas e f, evE bas (evadd e f) = evE bas e + evE bas f.
Proof.
  intros bas e. revert bas. induction e as [|c e IH]; intros bas f; [destruct bas; simpl; ring|].
  destruct f as [|d f]; [destruct bas; simpl; ring|]. destruct bas as [|b bas]; [simpl; ring|]. simpl.
  rewrite IH, Q2R_qred, Q2R_qsum. ring.
Qed.
Lemma evscale_E : forall bas q e, evE bas (evscale q e) = Q2R q * evE bas e.
Proof.
  intros bas q e. revert bas. induction e as [|c e IH]; intros bas; [destruct bas; simpl; ring|].
  destruct bas as [|b bas]; [simpl; ring|]. simpl. rewrite IH, Q2R_qred, Q2R_mult. ring.
Qed.
Lemma eveq_E : forall bas e f, eveq e f = true -> evE bas e = evE bas f.
Proof.
  intros bas e. revert bas. induction e as [|c e IH]; intros bas f h.
  - rewrite (evzero_E bas f h). destruct bas; reflexivity.
  - destruct f as [|d f]; [rewrite (evzero_E bas _ h); destruct bas; reflexivity|].
    simpl in h. apply lazy_and in h as [h1 h2]. destruct bas as [|b bas]; [reflexivity|]. simpl.
    rewrite qeq_eq in h1. rewrite (IH bas f h2), (Qeq_bool_Q2R _ _ h1). reflexivity.
Qed.
Lemma Q2R_inject_Z : forall z, Q2R (inject_Z z) = IZR z.
Proof. intros. unfold Q2R, inject_Z. simpl. rewrite Rinv_1. ring. Qed.
Lemma evnat_E : forall bas e n, evnat e = Some n -> evE (1 :: bas) e = INR n.
Proof.
  intros bas [|c e] n h; [injection h as <-; reflexivity|]. simpl in h.
  destruct (evzero e) eqn:z; [|discriminate]. destruct (Qeq_bool c (inject_Z (Qfloor c))) eqn:q; [|discriminate].
  destruct (0 <=? Qfloor c)%Z eqn:p; [|discriminate]. simpl in h. injection h as <-. simpl.
  rewrite (evzero_E _ _ z), (Qeq_bool_Q2R _ _ q), Q2R_inject_Z, INR_IZR_INZ, Z2Nat.id; [ring|]. now apply Z.leb_le.
Qed.

Inductive ex := Cq (q : Q) | At (i : nat) | Ad (a b : ex) | Su (a b : ex) | Mu (a b : ex) | Po (a : ex) (n : nat)
              | Pw (a : ex) (k : nat) | In (v w : vx)
with vx := Va (i : nat) | Vd (v w : vx) | Vs (a : ex) (v : vx).

Definition key := (nat * nat)%type.      (* (i, 0): scalar atom i; (i, S j): inner product of the vector atoms i <= j *)
Definition mono := list (key * ev).
Definition poly := list (mono * Q).

Definition kcmp (k l : key) : comparison :=
  match Nat.compare (fst k) (fst l) with Eq => Nat.compare (snd k) (snd l) | c => c end.
Lemma kcmp_eq : forall k l, kcmp k l = Eq -> k = l.
Proof.
  intros [a b] [c d]. unfold kcmp. simpl. destruct (Nat.compare a c) eqn:h; try discriminate. intros g.
  apply Nat.compare_eq in h. apply Nat.compare_eq in g. congruence.
Qed.

(* the data of one certificate: exponents by number, exponents known to be nonnegative, products of exponents *)
Record table := { exps : list ev; nonneg_exps : list ev; products : list (ev * ev * ev) }.
(* the data of one step *)
Record step := {
  signs : list nat;                        (* of the scalar atoms: 0 any, 1 nonnegative, 2 positive *)
  primes : list (nat * positive);          (* atoms that are prime numbers *)
  squares : list (nat * ex) }.             (* atoms whose square is known: norms, indicators *)

Fixpoint lookup {A} (i : nat) (l : list (nat * A)) : option A :=
  match l with [] => None | (j, a) :: r => if Nat.eqb i j then Some a else lookup i r end.
Lemma lookup_In : forall A i (l : list (nat * A)) a, lookup i l = Some a -> List.In (i, a) l.
Proof.
  intros A i l a. induction l as [|[j b] l IH]; [discriminate|]. simpl. destruct (Nat.eqb i j) eqn:h.
  - intros [= <-]. apply Nat.eqb_eq in h. subst. now left.
  - intros. right. now apply IH.
Qed.

Section Normal.
Variable T : table.
Variable S0 : step.

Definition spos (k : key) : bool := match k with (i, O) => Nat.eqb (nth i (signs S0) O) 2 | _ => false end.
Definition snonneg (k : key) : bool :=
  match k with (i, O) => negb (Nat.eqb (nth i (signs S0) O) 0) | (i, Datatypes.S j) => Nat.eqb i j end.
Definition affine_nonneg (e : ev) : bool :=
  match e with
  | [] => true
  | [a] => Qle_bool 0 a
  | a :: b :: r => evzero r && Qle_bool 0 (a + b) && Qle_bool 0 (a + b + b)
  end.
Definition enonneg (e : ev) : bool := affine_nonneg e || existsb (eveq e) (nonneg_exps T).
(* the most common exponents are integers in lowest terms; of [if] only one branch is computed *)
Definition is_nat (e : ev) : bool :=
  match e with [Qmake n xH] => (0 <=? n)%Z | _ => match evnat e with Some _ => true | None => false end end.
Definition mergeable (k : key) (e f : ev) : bool :=
  if spos k then true else if is_nat e &&& is_nat f then true else
  if snonneg k then enonneg e &&& enonneg f else false.

Fixpoint minsert (k : key) (e : ev) (m : mono) : mono :=
  match m with
  | [] => if evzero e then [] else [(k, e)]
  | (k', e') :: m' =>
    match kcmp k k' with
    | Lt => (k, e) :: m
    | Gt => (k', e') :: minsert k e m'
    | Eq => if mergeable k e e' then let s := evadd e e' in if evzero s then m' else (k, s) :: m' else (k, e) :: m
    end
  end.
Definition mmul (m n : mono) : mono := fold_right (fun ke acc => minsert (fst ke) (snd ke) acc) n m.
(* Monomials are ordered lexicographically by their exponents; a polynomial is a list that ascends.  No proof needs the
   order: it makes equal monomials meet, and in the products with one monomial they stay in order. *)
Fixpoint mcmp (m n : mono) : comparison :=
  match m, n with
  | [], [] => Eq
  | [], (_, f) :: _ => match evsgn f with Gt => Lt | _ => Gt end
  | (_, e) :: _, [] => match evsgn e with Gt => Gt | _ => Lt end
  | (k, e) :: m', (l, f) :: n' =>
    match kcmp k l with
    | Eq => match evcmp e f with Eq => mcmp m' n' | c => c end
    | Lt => match evsgn e with Gt => Gt | _ => Lt end
    | Gt => match evsgn f with Gt => Lt | _ => Gt end
    end
  end.
Definition pcons (m : mono) (c : Q) (p : poly) : poly := if qzero c then p else (m, c) :: p.
Fixpoint padd1 (m : mono) (c : Q) (p : poly) : poly :=
  match p with
  | [] => pcons m c []
  | (n, d) :: p' =>
    match mcmp m n with Lt => pcons m c p | Eq => pcons n (qsum c d) p' | Gt => (n, d) :: padd1 m c p' end
  end.
Fixpoint padd (p : poly) : poly -> poly :=
  match p with
  | [] => fun q => q
  | (m, c) :: p' =>
    fix merge (q : poly) : poly :=
    match q with
    | [] => p
    | (n, d) :: q' =>
      match mcmp m n with Lt => (m, c) :: padd p' q | Eq => pcons n (qsum c d) (padd p' q') | Gt => (n, d) :: merge q' end
    end
  end.
Definition pmul1 (m : mono) (c : Q) (q : poly) : poly :=
  fold_right (fun nd acc => padd1 (mmul m (fst nd)) (qprod c (snd nd)) acc) [] q.
Definition pmul (p q : poly) : poly := fold_right (fun mc acc => padd (pmul1 (fst mc) (snd mc) q) acc) [] p.
(* products with a number, most often 1 *)
Definition pscale (c : Q) (p : poly) : poly :=
  match c with Qmake (Zpos xH) xH => p | _ => map (fun md => (fst md, qprod c (snd md))) p end.
Definition ptimes (p q : poly) : poly :=
  match p, q with [([], c)], _ => pscale c q | _, [([], c)] => pscale c p | _, _ => pmul p q end.
Fixpoint ppow (p : poly) (n : nat) : poly := match n with O => [([], 1%Q)] | Datatypes.S k => pmul p (ppow p k) end.
Definition pconst (q : Q) : poly := if qzero q then [] else [([], q)].

Definition evconst (e : ev) : option Q := match e with [] => Some 0%Q | c :: r => if evzero r then Some c else None end.
Definition evmul (e f : ev) : option ev :=
  match evconst e, evconst f with
  | Some q, _ => Some (evscale q f)
  | _, Some q => Some (evscale q e)
  | _, _ => match find (fun x => eveq e (fst (fst x)) && eveq f (snd (fst x))) (products T) with Some x => Some (snd x) | None => None end
  end.
Fixpoint mpow (m : mono) (e : ev) : option mono :=
  match m with
  | [] => Some []
  | (k, f) :: m' =>
    match evmul f e, mpow m' e with
    | Some g, Some r => if snonneg k then Some (minsert k g r) else None
    | _, _ => None
    end
  end.
(* a factorisation c = product of primes, as powers of the atoms that are primes *)
Fixpoint facval (m : mono) : option Q :=
  match m with
  | [] => Some 1%Q
  | ((i, O), [z]) :: m' =>
    match lookup i (primes S0), facval m' with
    | Some p, Some r => if Qeq_bool z (inject_Z (Qfloor z)) && negb (Nat.eqb (nth i (signs S0) O) 1) && spos (i, O) then Some (Qpower (Zpos p # 1) (Qfloor z) * r)%Q else None
    | _, _ => None
    end
  | _ => None
  end.
Fixpoint multiplicity (fuel : nat) (p n : Z) : Z :=
  match fuel with
  | O => 0
  | Datatypes.S f => if Z.eqb (n mod p) 0 then 1 + multiplicity f p (n / p) else 0
  end%Z.
Definition factors (c : Q) : mono :=
  filter (fun ke => negb (evzero (snd ke)))
    (map (fun ip => ((fst ip, O), [inject_Z (multiplicity 200 (Zpos (snd ip)) (Qnum c) - multiplicity 200 (Zpos (snd ip)) (Zpos (Qden c)))]))
       (primes S0)).
Definition factor (c : Q) : option mono :=
  if qeq c 1 then Some [] else
  let m := factors (qred c) in
  match facval m with Some v => if Qeq_bool v c then Some m else None | None => None end.
Definition pw_poly (p : poly) (e : ev) : option poly :=
  match p with
  | [(m, c)] => match factor c with Some f => match mpow f e, mpow m e with Some a, Some b => Some [(mmul a b, 1%Q)] | _, _ => None end | None => None end
  | _ => None
  end.

Definition vec := list (nat * poly).
Fixpoint vins (i : nat) (p : poly) (v : vec) : vec :=
  match v with [] => [(i, p)] | (j, q) :: v' => if Nat.eqb i j then (j, padd p q) :: v' else (j, q) :: vins i p v' end.
Definition vplus (v w : vec) : vec := fold_right (fun ip acc => vins (fst ip) (snd ip) acc) w v.
Definition vscale (p : poly) (v : vec) : vec := map (fun iq => (fst iq, pmul p (snd iq))) v.
Definition gram (i j : nat) : poly := [([(if Nat.leb i j then (i, Datatypes.S j) else (j, Datatypes.S i), [1%Q])], 1%Q)].
Definition vip1 (i : nat) (p : poly) (w : vec) : poly :=
  fold_right (fun jq acc => padd (pmul (pmul p (snd jq)) (gram i (fst jq))) acc) [] w.
Definition vip (v w : vec) : poly := fold_right (fun ip acc => padd (vip1 (fst ip) (snd ip) w) acc) [] v.

Definition bind2 {A B C} (f : A -> B -> C) (a : option A) (b : option B) : option C :=
  match a, b with Some x, Some y => Some (f x y) | _, _ => None end.

Fixpoint nf (e : ex) : option poly :=
  match e with
  | Cq q => Some (pconst q)
  | At i => Some [([((i, O), [1%Q])], 1%Q)]
  | Ad a b => bind2 padd (nf a) (nf b)
  | Su a b => bind2 (fun p q => padd (pscale (-1) q) p) (nf a) (nf b)
  | Mu a b => bind2 ptimes (nf a) (nf b)
  | Po a n => match nf a with Some p => Some (ppow p n) | None => None end
  | Pw a k => match nf a with Some p => pw_poly p (nth k (exps T) []) | None => None end
  | In v w => bind2 vip (vnf v) (vnf w)
  end
with vnf (v : vx) : option vec :=
  match v with
  | Va i => Some [(i, [([], 1%Q)])]
  | Vd a b => bind2 vplus (vnf a) (vnf b)
  | Vs a b => bind2 vscale (nf a) (vnf b)
  end.

(* what is known about single factors: integer parts of powers of primes, squares of norms and indicators *)
Definition expand (k : key) (e : ev) : poly :=
  match k with
  | (i, O) =>
    match lookup i (primes S0), e with
    | Some p, c :: r =>
      if spos k then let z := Qfloor c in
      pmul1 [] (qred (Qpower (Zpos p # 1) z)) [(minsert k (qred (c - inject_Z z) :: r) [], 1%Q)]
      else [([(k, e)], 1%Q)]
    | _, _ =>
      match lookup i (squares S0), evnat e with
      | Some s, Some (Datatypes.S (Datatypes.S n)) =>
        match nf s with Some q => pmul q [(minsert k [inject_Z (Z.of_nat n)] [], 1%Q)] | None => [([(k, e)], 1%Q)] end
      | _, _ => [([(k, e)], 1%Q)]
      end
    end
  | _ => [([(k, e)], 1%Q)]
  end.
Definition needs (k : key) (e : ev) : bool :=
  match k with
  | (i, O) =>
    match lookup i (primes S0), e with
    | Some _, c :: _ => negb (Z.eqb (Qfloor c) 0)
    | _, _ => match lookup i (squares S0) with
              | Some _ => match evnat e with Some (Datatypes.S (Datatypes.S _)) => true | _ => false end
              | None => false
              end
    end
  | _ => false
  end.
Definition expand_mono (m : mono) : poly := fold_right (fun ke acc => pmul (expand (fst ke) (snd ke)) acc) [([], 1%Q)] m.
Definition mneeds (m : mono) : bool := existsb (fun ke => needs (fst ke) (snd ke)) m.
Definition reduce1 (p : poly) : poly :=
  fold_right (fun mc acc => if mneeds (fst mc) then padd (pmul1 [] (snd mc) (expand_mono (fst mc))) acc else padd1 (fst mc) (snd mc) acc) [] p.
Fixpoint reduce (fuel : nat) (p : poly) : poly :=
  match fuel with O => p | Datatypes.S n => if existsb (fun mc => mneeds (fst mc)) p then reduce n (reduce1 p) else p end.

Definition fnonneg (ke : key * ev) : bool :=
  snonneg (fst ke) || match evnat (snd ke) with Some n => Nat.even n | None => true end.
Definition mnonneg (p : poly) : bool := forallb (fun mc => qnonneg (snd mc) &&& forallb fnonneg (fst mc)) p.
Definition mpositive (p : poly) : bool :=
  mnonneg p && existsb (fun mc => negb (Qle_bool (snd mc) 0) &&& forallb (fun ke => spos (fst ke)) (fst mc)) p.
End Normal.

Fixpoint all {A} (P : A -> Prop) (l : list A) : Prop := match l with [] => True | a :: r => P a /\ all P r end.
Lemma all_In : forall A (P : A -> Prop) l a, all P l -> List.In a l -> P a.
Proof. intros A P l a. induction l as [|b l IH]; simpl; [tauto|]. intros [h r] [<-|k]; auto. Qed.
Lemma Qle_bool_Q2R : forall a b, Qle_bool a b = true -> Q2R a <= Q2R b.
Proof. intros. apply Qle_Rle. now apply Qle_bool_iff. Qed.

Section Meaning.
Variable alpha : R.
Variable more : list R.
Let bas := 1 :: alpha :: more.
Variable T : table.
Variable etv : list R.
Record table_ok : Prop := {
  alpha_low : 1 < alpha; alpha_high : alpha <= 2;
  exps_ok : etv = map (evE bas) (exps T);
  nonneg_exps_ok : all (fun e => 0 <= evE bas e) (nonneg_exps T);
  products_ok : all (fun x => evE bas (fst (fst x)) * evE bas (snd (fst x)) = evE bas (snd x)) (products T) }.
Variable l : list R.
Variable vl : list V.

Fixpoint den (e : ex) : R :=
  match e with
  | Cq q => qval q
  | At i => nth i l 0
  | Ad a b => den a + den b
  | Su a b => den a - den b
  | Mu a b => den a * den b
  | Po a n => den a ^ n
  | Pw a k => pw (den a) (nth k etv 0)
  | In v w => inner (vden v) (vden w)
  end
with vden (v : vx) : V :=
  match v with
  | Va i => nth i vl vzero
  | Vd a b => vadd (vden a) (vden b)
  | Vs a b => scale (den a) (vden b)
  end.

Fixpoint signs_ok (s : list nat) (r : list R) : Prop :=
  match s with
  | [] => True
  | O :: s' => signs_ok s' (tl r)
  | 1%nat :: s' => 0 <= hd 0 r /\ signs_ok s' (tl r)
  | 2%nat :: s' => 0 < hd 0 r /\ signs_ok s' (tl r)
  | _ => False
  end.
Variable S0 : step.
Record step_ok : Prop := {
  signs_valid : signs_ok (signs S0) l;
  primes_ok : all (fun ip => nth (fst ip) l 0 = IZR (Zpos (snd ip))) (primes S0);
  squares_ok : all (fun ie => nth (fst ie) l 0 * nth (fst ie) l 0 = den (snd ie)) (squares S0) }.
Hypothesis TO : table_ok.
Hypothesis SO : step_ok.

Definition aval (k : key) : R :=
  match k with (i, O) => nth i l 0 | (i, Datatypes.S j) => inner (nth i vl vzero) (nth j vl vzero) end.
Definition apow (x : R) (e : ev) : R := match evnat e with Some n => x ^ n | None => pw x (evE bas e) end.
Fixpoint mden (m : mono) : R := match m with [] => 1 | (k, e) :: m' => apow (aval k) e * mden m' end.
Fixpoint pden (p : poly) : R := match p with [] => 0 | (m, c) :: p' => Q2R c * mden m + pden p' end.

Lemma sign_of : forall s r i, signs_ok s r ->
  (nth i s O = 1%nat -> 0 <= nth i r 0) /\ (nth i s O = 2%nat -> 0 < nth i r 0) /\ (nth i s O <= 2)%nat.
Proof.
  induction s as [|a s IH]; intros r i h.
  - destruct i; simpl; repeat split; try discriminate; lia.
  - destruct i as [|i].
    + destruct a as [|[|[|a]]]; simpl in *; destruct r; simpl in *; try tauto; repeat split; try discriminate; try lia; try tauto.
    + assert (g : signs_ok s (tl r)) by (destruct a as [|[|[|a]]]; simpl in h; tauto).
      specialize (IH (tl r) i g). destruct r as [|x r]; simpl in *; [|exact IH]. destruct i; exact IH.
Qed.
Lemma spos_ok : forall k, spos S0 k = true -> 0 < aval k.
Proof.
  intros [i [|j]] h; [|discriminate]. simpl in *. apply Nat.eqb_eq in h. now apply (sign_of _ _ i (signs_valid SO)).
Qed.
Lemma snonneg_ok : forall k, snonneg S0 k = true -> 0 <= aval k.
Proof.
  intros [i [|j]] h; simpl in *.
  - apply negb_true_iff, Nat.eqb_neq in h. destruct (sign_of _ _ i (signs_valid SO)) as (a & b & c).
    destruct (nth i (signs S0) O) as [|[|[|n]]]; [contradiction|now apply a|left; now apply b|lia].
  - apply Nat.eqb_eq in h. subst j. apply (inner_pos ips).
Qed.
Lemma enonneg_ok : forall e, enonneg T e = true -> 0 <= evE bas e.
Proof.
  intros e h. apply orb_prop in h as [h|h].
  - destruct e as [|a [|b r]]; [simpl; lra| |]; unfold affine_nonneg in h.
    + apply Qle_bool_Q2R in h. rewrite RMicromega.Q2R_0 in h. simpl. lra.
    + apply andb_prop in h as [h h2]. apply andb_prop in h as [z h1].
      apply Qle_bool_Q2R in h1, h2. rewrite RMicromega.Q2R_0 in *. rewrite !Q2R_plus in *. simpl.
      rewrite (evzero_E more r z). pose proof (alpha_low TO). pose proof (alpha_high TO).
      destruct (Rle_dec 0 (Q2R b)).
      * assert (0 <= Q2R b * (alpha - 1)) by (apply Rmult_le_pos; lra). lra.
      * assert (0 <= - Q2R b * (2 - alpha)) by (apply Rmult_le_pos; lra). lra.
  - apply existsb_exists in h as (f & i & q). rewrite (eveq_E bas e f q).
    exact (all_In _ _ _ _ (nonneg_exps_ok TO) i).
Qed.

Lemma apow_pw : forall x e, 0 <= x -> apow x e = pw x (evE bas e).
Proof.
  intros. unfold apow. destruct (evnat e) as [n|] eqn:h; [|reflexivity].
  unfold bas. rewrite (evnat_E _ _ _ h). symmetry. now apply pw_nat.
Qed.

Lemma evzero_nat : forall e, evzero e = true -> evnat e = Some O.
Proof.
  intros [|c r] h; [reflexivity|]. simpl in h. apply andb_prop in h as [h1 h2]. rewrite qzero_eq in h1. simpl. rewrite h2. simpl.
  apply Qeq_bool_iff in h1. assert (f : Qfloor c = 0%Z) by (rewrite h1; reflexivity). rewrite f. simpl.
  assert (g : Qeq_bool c (inject_Z 0) = true) by (apply Qeq_bool_iff; exact h1). rewrite g. reflexivity.
Qed.
Lemma apow_zero : forall x e, evzero e = true -> apow x e = 1.
Proof. intros. unfold apow. rewrite (evzero_nat e H). reflexivity. Qed.
Lemma eveq_zero : forall e f, eveq e f = true -> evzero e = evzero f.
Proof.
  induction e as [|c e IH]; intros f h; simpl in h; [simpl; rewrite h; reflexivity|].
  destruct f as [|d f]; [simpl; rewrite h; reflexivity|]. apply lazy_and in h as [h1 h2]. rewrite qeq_eq in h1. simpl. rewrite !qzero_eq, (IH f h2).
  f_equal. apply Qeq_bool_iff in h1. destruct (Qeq_bool c 0) eqn:a, (Qeq_bool d 0) eqn:b; try reflexivity.
  - apply Qeq_bool_iff in a. apply Qeq_bool_neq in b. exfalso. apply b. rewrite <- h1. exact a.
  - apply Qeq_bool_iff in b. apply Qeq_bool_neq in a. exfalso. apply a. rewrite h1. exact b.
Qed.
Lemma apow_ext : forall x e f, eveq e f = true -> apow x e = apow x f.
Proof.
  intros x e f h. unfold apow. rewrite (eveq_E bas e f h).
  assert (k : evnat e = evnat f).
  { destruct e as [|c e].
    - simpl in h. rewrite (evzero_nat f h). reflexivity.
    - destruct f as [|d f]; [simpl in h; rewrite (evzero_nat (c :: e) h); reflexivity|].
      simpl in h. apply lazy_and in h as [h1 h2]. rewrite qeq_eq in h1. simpl. rewrite (eveq_zero e f h2).
      apply Qeq_bool_iff in h1. rewrite (Qfloor_comp _ _ h1).
      assert (g : Qeq_bool c (inject_Z (Qfloor d)) = Qeq_bool d (inject_Z (Qfloor d))).
      { destruct (Qeq_bool c (inject_Z (Qfloor d))) eqn:a, (Qeq_bool d (inject_Z (Qfloor d))) eqn:b; try reflexivity.
        - apply Qeq_bool_iff in a. apply Qeq_bool_neq in b. exfalso. apply b. exact (Qeq_trans _ _ _ (Qeq_sym _ _ h1) a).
        - apply Qeq_bool_iff in b. apply Qeq_bool_neq in a. exfalso. apply a. exact (Qeq_trans _ _ _ h1 b). }
      rewrite g. reflexivity. }
  rewrite k. reflexivity.
Qed.
Lemma evnat_value : forall e n, evnat e = Some n -> exists r c, (e = [] /\ n = O) \/ (e = c :: r /\ evzero r = true /\ (c == inject_Z (Z.of_nat n))%Q).
Proof.
  intros [|c r] n h; [exists [], 0%Q; left; injection h as <-; auto|]. exists r, c. right. simpl in h.
  destruct (evzero r) eqn:z; [|discriminate]. destruct (Qeq_bool c (inject_Z (Qfloor c))) eqn:q; [|discriminate].
  destruct (0 <=? Qfloor c)%Z eqn:p; [|discriminate]. injection h as <-. repeat split.
  apply Qeq_bool_iff in q. rewrite Z2Nat.id by now apply Z.leb_le. exact q.
Qed.
Lemma evnat_add : forall e f n m, evnat e = Some n -> evnat f = Some m -> evnat (evadd e f) = Some (n + m)%nat.
Proof.
  intros e f n m h g. destruct (evnat_value _ _ h) as (r & c & [[-> ->]|(-> & z & q)]); [exact g|].
  destruct (evnat_value _ _ g) as (s & d & [[-> ->]|(-> & y & u)]); [simpl evadd; rewrite Nat.add_0_r; exact h|].
  simpl. assert (Z1 : evzero (evadd r s) = true).
  { clear - z y. revert s y. induction r as [|a r IH]; intros s y; [exact y|]. destruct s as [|b s]; [exact z|].
    simpl in *. apply andb_prop in z as [z1 z2]. apply andb_prop in y as [y1 y2]. rewrite IH by assumption.
    rewrite qzero_eq in *. apply Qeq_bool_iff in z1, y1. assert (k : Qeq_bool (qred (qsum a b)) 0 = true).
    { apply Qeq_bool_iff. rewrite qred_correct, qsum_correct, z1, y1. reflexivity. } now rewrite k. }
  rewrite Z1. assert (q2 : (qred (qsum c d) == inject_Z (Z.of_nat (n + m)))%Q).
  { rewrite qred_correct, qsum_correct, q, u. rewrite Nat2Z.inj_add, inject_Z_plus. reflexivity. }
  rewrite (Qfloor_comp _ _ q2), Qfloor_Z. assert (k : Qeq_bool (qred (qsum c d)) (inject_Z (Z.of_nat (n + m))) = true) by now apply Qeq_bool_iff.
  rewrite k. assert (j : (0 <=? Z.of_nat (n + m))%Z = true) by (apply Z.leb_le; lia). rewrite j. simpl. now rewrite Nat2Z.id.
Qed.
Lemma is_nat_ok : forall e, is_nat e = true -> exists n, evnat e = Some n.
Proof.
  assert (K : forall e, match evnat e with Some _ => true | None => false end = true -> exists n, evnat e = Some n).
  { intros e h. destruct (evnat e) as [n|]; [now exists n|discriminate]. }
  intros e h. destruct e as [|[n d] [|c r]]; [apply K; exact h| |destruct d; apply K; exact h]. destruct d; [apply K; exact h|apply K; exact h|].
  exists (Z.to_nat n). unfold is_nat in h. unfold evnat. simpl evzero.
  change (Qmake n 1) with (inject_Z n). rewrite Qfloor_Z, h. assert (q : Qeq_bool (inject_Z n) (inject_Z n) = true) by (apply Qeq_bool_iff; reflexivity).
  now rewrite q.
Qed.
Lemma apow_plus : forall k e f, mergeable T S0 k e f = true -> apow (aval k) e * apow (aval k) f = apow (aval k) (evadd e f).
Proof.
  intros k e f h. unfold mergeable in h. destruct (spos S0 k) eqn:p; [|destruct (if is_nat e then is_nat f else false) eqn:q].
  - apply spos_ok in p. rewrite !apow_pw, evadd_E by lra. now apply pw_plus.
  - destruct (is_nat e) eqn:q1; [|discriminate]. destruct (is_nat_ok _ q1) as [n a]. destruct (is_nat_ok _ q) as [m b].
    unfold apow. rewrite a, b, (evnat_add _ _ _ _ a b). symmetry. apply pow_add.
  - destruct (snonneg S0 k) eqn:h1; [|discriminate]. destruct (enonneg T e) eqn:h2; [|discriminate].
    apply snonneg_ok in h1. apply enonneg_ok in h2, h. rewrite !apow_pw, evadd_E by assumption. now apply pw_plus0.
Qed.

Lemma minsert_ok : forall k e m, mden (minsert T S0 k e m) = apow (aval k) e * mden m.
Proof.
  intros k e m. induction m as [|[k' e'] m IH]; simpl.
  - destruct (evzero e) eqn:z; simpl; [rewrite (apow_zero _ _ z); ring|reflexivity].
  - destruct (kcmp k k') eqn:h.
    + apply kcmp_eq in h. subst k'. destruct (mergeable T S0 k e e') eqn:g; [|reflexivity].
      destruct (evzero (evadd e e')) eqn:z; simpl; rewrite <- Rmult_assoc, (apow_plus _ _ _ g); [rewrite (apow_zero _ _ z); ring|reflexivity].
    + reflexivity.
    + simpl. rewrite IH. ring.
Qed.
Lemma mmul_ok : forall m n, mden (mmul T S0 m n) = mden m * mden n.
Proof. intros m n. induction m as [|[k e] m IH]; simpl; [ring|]. rewrite minsert_ok, IH. ring. Qed.
Lemma mcmp_ok : forall m n, mcmp m n = Eq -> mden m = mden n.
Proof.
  induction m as [|[k e] m IH]; intros [|[j f] n] h; simpl in *; [reflexivity|destruct (evsgn f); discriminate|destruct (evsgn e); discriminate|].
  destruct (kcmp k j) eqn:c; [|destruct (evsgn e); discriminate|destruct (evsgn f); discriminate].
  apply kcmp_eq in c. subst j. destruct (evcmp e f) eqn:g; try discriminate.
  rewrite (IH _ h), (apow_ext _ _ _ (evcmp_eveq _ _ g)). reflexivity.
Qed.
Lemma pcons_ok : forall m c p, pden (pcons m c p) = Q2R c * mden m + pden p.
Proof.
  intros. unfold pcons. rewrite qzero_eq. destruct (Qeq_bool c 0) eqn:h; simpl; [rewrite (Qeq_bool_Q2R _ _ h), RMicromega.Q2R_0; ring|reflexivity].
Qed.
Lemma padd1_ok : forall m c p, pden (padd1 m c p) = Q2R c * mden m + pden p.
Proof.
  intros m c p. induction p as [|[n d] p IH]; simpl; [apply pcons_ok|].
  destruct (mcmp m n) eqn:h; [|apply pcons_ok|simpl; rewrite IH; ring].
  rewrite (mcmp_ok _ _ h), pcons_ok, Q2R_qsum. ring.
Qed.
Lemma padd_ok : forall p q, pden (padd p q) = pden p + pden q.
Proof.
  induction p as [|[m c] p IH]; [intros; simpl; ring|]. induction q as [|[n d] q IHq]; [simpl; ring|].
  change (padd ((m, c) :: p) ((n, d) :: q)) with
    (match mcmp m n with Lt => (m, c) :: padd p ((n, d) :: q) | Eq => pcons n (qsum c d) (padd p q)
     | Gt => (n, d) :: padd ((m, c) :: p) q end).
  destruct (mcmp m n) eqn:h.
  - rewrite pcons_ok, IH, Q2R_qsum. simpl. rewrite (mcmp_ok _ _ h). ring.
  - simpl. rewrite IH. simpl. ring.
  - change (Q2R d * mden n + pden (padd ((m, c) :: p) q) = pden ((m, c) :: p) + (Q2R d * mden n + pden q)).
    rewrite IHq. ring.
Qed.
Lemma pmul1_ok : forall m c q, pden (pmul1 T S0 m c q) = Q2R c * mden m * pden q.
Proof.
  intros m c q. induction q as [|[n d] q IH]; simpl; [ring|].
  rewrite padd1_ok, IH, Q2R_qprod, mmul_ok. ring.
Qed.
Lemma pmul_ok : forall p q, pden (pmul T S0 p q) = pden p * pden q.
Proof. intros p q. induction p as [|[m c] p IH]; simpl; [ring|]. rewrite padd_ok, pmul1_ok, IH. ring. Qed.
Lemma Q2R_1 : Q2R 1 = 1.
Proof. unfold Q2R. simpl. lra. Qed.
Lemma pscale_ok : forall c p, pden (pscale c p) = Q2R c * pden p.
Proof.
  intros c p. assert (G : pden (map (fun md => (fst md, qprod c (snd md))) p) = Q2R c * pden p).
  { induction p as [|[m d] p IH]; simpl; [ring|]. rewrite IH, Q2R_qprod. ring. }
  unfold pscale. destruct c as [[|[| |]|] [| |]]; try exact G. rewrite Q2R_1. ring.
Qed.
Lemma ptimes_ok : forall p q, pden (ptimes T S0 p q) = pden p * pden q.
Proof.
  intros p q. assert (N : forall c, pden [([], c)] = Q2R c) by (intros c; simpl; ring).
  destruct p as [|[[|k m] c] [|t p]]; destruct q as [|[[|j n] d] [|u q]]; unfold ptimes; try apply pmul_ok;
    rewrite pscale_ok, ?N; try reflexivity; apply Rmult_comm.
Qed.
Lemma ppow_ok : forall p n, pden (ppow T S0 p n) = pden p ^ n.
Proof. intros p n. induction n as [|n IH]; simpl; [rewrite Q2R_1; ring|]. rewrite pmul_ok, IH. reflexivity. Qed.
Lemma pconst_ok : forall q, pden (pconst q) = Q2R q.
Proof.
  intros. unfold pconst. rewrite qzero_eq. destruct (Qeq_bool q 0) eqn:h; simpl; [rewrite (Qeq_bool_Q2R _ _ h), RMicromega.Q2R_0; reflexivity|ring].
Qed.
Lemma evconst_E : forall e q, evconst e = Some q -> evE bas e = Q2R q.
Proof.
  intros [|c r] q h; simpl in h; [injection h as <-; simpl; rewrite RMicromega.Q2R_0; reflexivity|].
  destruct (evzero r) eqn:z; [|discriminate]. injection h as <-. unfold bas. cbn [evE].
  rewrite (evzero_E _ _ z). ring.
Qed.
Lemma evmul_ok : forall e f g, evmul T e f = Some g -> evE bas e * evE bas f = evE bas g.
Proof.
  intros e f g h. unfold evmul in h. destruct (evconst e) as [q|] eqn:a.
  - injection h as <-. rewrite (evconst_E _ _ a), evscale_E. reflexivity.
  - destruct (evconst f) as [q|] eqn:b.
    + injection h as <-. rewrite (evconst_E _ _ b), evscale_E. ring.
    + destruct (find _ (products T)) as [x|] eqn:c; [|discriminate]. injection h as <-.
      apply find_some in c as [i c]. apply andb_prop in c as [c1 c2].
      rewrite (eveq_E bas _ _ c1), (eveq_E bas _ _ c2). exact (all_In _ _ _ _ (products_ok TO) i).
Qed.
Lemma mpow_ok : forall e m r, mpow T S0 m e = Some r -> 0 <= mden m /\ mden r = pw (mden m) (evE bas e).
Proof.
  intros e. induction m as [|[k f] m IH]; intros r h; simpl in h.
  - injection h as <-. simpl. split; [lra|]. symmetry. apply pw_one_base.
  - destruct (evmul T f e) as [g|] eqn:a; [|discriminate]. destruct (mpow T S0 m e) as [s|] eqn:b; [|discriminate].
    destruct (snonneg S0 k) eqn:c; [|discriminate]. injection h as <-. apply snonneg_ok in c.
    destruct (IH s eq_refl) as [p q]. simpl. rewrite minsert_ok, q, !apow_pw by assumption.
    split; [apply Rmult_le_pos; [apply pw_nonneg|exact p]|].
    rewrite pw_mult by (try apply pw_nonneg; exact p). rewrite pw_pw by assumption. now rewrite (evmul_ok _ _ _ a).
Qed.
Lemma pw_powerRZ : forall x z, 0 < x -> pw x (IZR z) = powerRZ x z.
Proof. intros. rewrite pw_pos_base by assumption. symmetry. now apply powerRZ_Rpower. Qed.
Lemma Q2R_Zpos : forall p, Q2R (Zpos p # 1) = IZR (Zpos p).
Proof. intros. unfold Q2R. simpl. rewrite Rinv_1. ring. Qed.
Lemma Q2R_prime : forall p z, Q2R (Qpower (Zpos p # 1) z) = powerRZ (IZR (Zpos p)) z.
Proof.
  intros. rewrite RMicromega.Q2RpowerRZ; [rewrite Q2R_Zpos; reflexivity|left]. intros h. discriminate h.
Qed.
Lemma facval_ok : forall m v, facval S0 m = Some v -> mden m = Q2R v.
Proof.
  induction m as [|[[i [|j]] [|z [|y e]]] m IH]; intros v h; simpl in h; try discriminate.
  - injection h as <-. simpl. symmetry. apply Q2R_1.
  - destruct (lookup i (primes S0)) as [p|] eqn:a; [|discriminate]. destruct (facval S0 m) as [r|]; [|discriminate].
    destruct (Qeq_bool z (inject_Z (Qfloor z))) eqn:b; [|discriminate].
    destruct (negb (Nat.eqb (nth i (signs S0) O) 1)); [|discriminate].
    destruct (Nat.eqb (nth i (signs S0) O) 2) eqn:c; [|discriminate]. injection h as <-.
    simpl mden. rewrite (IH r eq_refl). rewrite Q2R_mult. f_equal.
    pose proof (spos_ok (i, O) c) as hp. simpl in hp.
    pose proof (all_In _ _ _ _ (primes_ok SO) (lookup_In _ _ _ _ a)) as e. simpl in e.
    rewrite apow_pw by lra. rewrite e in *. rewrite Q2R_prime, <- pw_powerRZ by assumption. f_equal.
    simpl. rewrite (Qeq_bool_Q2R _ _ b), Q2R_inject_Z. ring.
Qed.
Lemma pw_poly_ok : forall p e q, pw_poly T S0 p e = Some q -> pden q = pw (pden p) (evE bas e).
Proof.
  intros [|[m c] [|x p]] e q h; try discriminate. simpl in h.
  destruct (factor S0 c) as [f|] eqn:F; [|discriminate].
  destruct (mpow T S0 f e) as [a|] eqn:A; [|discriminate]. destruct (mpow T S0 m e) as [b|] eqn:B; [|discriminate].
  injection h as <-. destruct (mpow_ok _ _ _ A) as [a1 a2]. destruct (mpow_ok _ _ _ B) as [b1 b2].
  assert (K : mden f = Q2R c).
  { unfold factor in F. rewrite qeq_eq in F. destruct (Qeq_bool c 1) eqn:one.
    - injection F as <-. simpl. rewrite (Qeq_bool_Q2R _ _ one). symmetry. apply Q2R_1.
    - destruct (facval S0 (factors S0 (qred c))) as [v|] eqn:v1; [|discriminate].
      destruct (Qeq_bool v c) eqn:v2; [|discriminate]. injection F as <-. rewrite (facval_ok _ _ v1). now apply Qeq_bool_Q2R. }
  simpl. rewrite mmul_ok, a2, b2, <- pw_mult, K, Q2R_1 by assumption. rewrite Rmult_1_l, !Rplus_0_r. reflexivity.
Qed.

Fixpoint vecden (v : vec) : V := match v with [] => vzero | (i, p) :: r => vadd (scale (pden p) (nth i vl vzero)) (vecden r) end.
Lemma vins_ok : forall i p v u, inner (vecden (vins i p v)) u = pden p * inner (nth i vl vzero) u + inner (vecden v) u.
Proof.
  intros i p v u. induction v as [|[j q] v IH]; simpl.
  - rewrite (inner_add ips), (inner_scale ips). ring.
  - destruct (Nat.eqb i j) eqn:h; simpl; rewrite !(inner_add ips), !(inner_scale ips).
    + apply Nat.eqb_eq in h. subst. rewrite padd_ok. ring.
    + rewrite IH. ring.
Qed.
Lemma vplus_ok : forall v w u, inner (vecden (vplus v w)) u = inner (vecden v) u + inner (vecden w) u.
Proof.
  intros v w u. induction v as [|[i p] v IH]; simpl; [rewrite (inner_zero ips); ring|].
  rewrite vins_ok, IH, (inner_add ips), (inner_scale ips). ring.
Qed.
Lemma vscale_ok : forall p v u, inner (vecden (vscale T S0 p v)) u = pden p * inner (vecden v) u.
Proof.
  intros p v u. induction v as [|[i q] v IH]; simpl; [rewrite (inner_zero ips); ring|].
  rewrite !(inner_add ips), !(inner_scale ips), pmul_ok, IH. ring.
Qed.
Lemma apow_one : forall x : R, apow x [1%Q] = x.
Proof. intros. unfold apow. simpl. ring. Qed.
Lemma gram_ok : forall i j, pden (gram i j) = inner (nth i vl vzero) (nth j vl vzero).
Proof.
  intros. unfold gram. simpl. rewrite Q2R_1. rewrite apow_one. destruct (Nat.leb i j); simpl; [ring|].
  rewrite (inner_sym ips). ring.
Qed.
Lemma vip1_ok : forall i p w, pden (vip1 T S0 i p w) = pden p * inner (nth i vl vzero) (vecden w).
Proof.
  intros i p w. induction w as [|[j q] w IH]; simpl; [rewrite inner_zero_r; ring|].
  rewrite padd_ok, !pmul_ok, gram_ok, IH, inner_add_r, inner_scale_r. ring.
Qed.
Lemma vip_ok : forall v w, pden (vip T S0 v w) = inner (vecden v) (vecden w).
Proof.
  intros v w. induction v as [|[i p] v IH]; simpl; [rewrite (inner_zero ips); ring|].
  rewrite padd_ok, vip1_ok, IH, (inner_add ips), (inner_scale ips). ring.
Qed.

Scheme ex_mut := Induction for ex Sort Prop with vx_mut := Induction for vx Sort Prop.
Combined Scheme ex_vx_ind from ex_mut, vx_mut.
Lemma nf_vnf_ok :
  (forall e p, nf T S0 e = Some p -> den e = pden p) /\
  (forall v p, vnf T S0 v = Some p -> forall u, inner (vden v) u = inner (vecden p) u).
Proof.
  apply ex_vx_ind.
  - intros q p h. injection h as <-. rewrite pconst_ok. apply qval_Q2R.
  - intros i p h. injection h as <-. change (nth i l 0 = pden [([((i, O), [1%Q])], 1%Q)]). simpl. rewrite Q2R_1, apow_one. simpl. ring.
  - intros a ia b ib p h. change (bind2 padd (nf T S0 a) (nf T S0 b) = Some p) in h. change (den a + den b = pden p).
    destruct (nf T S0 a) as [x|]; [|discriminate]. destruct (nf T S0 b) as [y|]; [|discriminate].
    injection h as <-. rewrite padd_ok, (ia x), (ib y) by reflexivity. reflexivity.
  - intros a ia b ib p h.
    change (bind2 (fun p q => padd (pscale (-1) q) p) (nf T S0 a) (nf T S0 b) = Some p) in h.
    change (den a - den b = pden p).
    destruct (nf T S0 a) as [x|]; [|discriminate]. destruct (nf T S0 b) as [y|]; [|discriminate].
    injection h as <-. change (map _ y) with (pscale (-1) y). rewrite padd_ok, pscale_ok, (ia x), (ib y) by reflexivity.
    replace (Q2R (-1)) with (-1) by (unfold Q2R; simpl; lra). ring.
  - intros a ia b ib p h. change (bind2 (ptimes T S0) (nf T S0 a) (nf T S0 b) = Some p) in h. change (den a * den b = pden p).
    destruct (nf T S0 a) as [x|]; [|discriminate]. destruct (nf T S0 b) as [y|]; [|discriminate].
    injection h as <-. rewrite ptimes_ok, (ia x), (ib y) by reflexivity. reflexivity.
  - intros a ia n p h. change (match nf T S0 a with Some p => Some (ppow T S0 p n) | None => None end = Some p) in h.
    change (den a ^ n = pden p). destruct (nf T S0 a) as [x|]; [|discriminate]. injection h as <-.
    rewrite ppow_ok, (ia x) by reflexivity. reflexivity.
  - intros a ia k p h.
    change (match nf T S0 a with Some p => pw_poly T S0 p (nth k (exps T) []) | None => None end = Some p) in h.
    change (pw (den a) (nth k etv 0) = pden p).
    destruct (nf T S0 a) as [x|]; [|discriminate]. rewrite (ia x) by reflexivity.
    rewrite (pw_poly_ok _ _ _ h). f_equal. rewrite (exps_ok TO). change 0 with (evE bas []). apply map_nth.
  - intros v iv w iw p h. change (bind2 (vip T S0) (vnf T S0 v) (vnf T S0 w) = Some p) in h.
    change (inner (vden v) (vden w) = pden p).
    destruct (vnf T S0 v) as [x|]; [|discriminate]. destruct (vnf T S0 w) as [y|]; [|discriminate].
    injection h as <-. rewrite vip_ok, (iv x) by reflexivity. rewrite (inner_sym ips), (iw y) by reflexivity. apply (inner_sym ips).
  - intros i p h u. injection h as <-. change (vden (Va i)) with (nth i vl vzero). cbn [vecden pden mden].
    rewrite (inner_add ips), (inner_scale ips), (inner_zero ips), Q2R_1.
    ring.
  - intros a ia b ib p h u. change (bind2 vplus (vnf T S0 a) (vnf T S0 b) = Some p) in h.
    change (vden (Vd a b)) with (vadd (vden a) (vden b)).
    destruct (vnf T S0 a) as [x|]; [|discriminate]. destruct (vnf T S0 b) as [y|]; [|discriminate].
    injection h as <-. rewrite vplus_ok, (inner_add ips), (ia x), (ib y) by reflexivity. reflexivity.
  - intros a ia b ib p h u. change (bind2 (vscale T S0) (nf T S0 a) (vnf T S0 b) = Some p) in h.
    change (vden (Vs a b)) with (scale (den a) (vden b)).
    destruct (nf T S0 a) as [x|]; [|discriminate]. destruct (vnf T S0 b) as [y|]; [|discriminate].
    injection h as <-. rewrite vscale_ok, (inner_scale ips), (ia x), (ib y) by reflexivity. reflexivity.
Qed.

Lemma expand_ok : forall k e, pden (expand T S0 k e) = apow (aval k) e.
Proof.
  intros k e. assert (D : pden [([(k, e)], 1%Q)] = apow (aval k) e) by (simpl; rewrite Q2R_1; ring).
  destruct k as [i [|j]]; [|exact D]. unfold expand.
  assert (Q : pden (match lookup i (squares S0), evnat e with
      | Some s, Some (Datatypes.S (Datatypes.S n)) =>
        match nf T S0 s with Some q => pmul T S0 q [(minsert T S0 (i, O) [inject_Z (Z.of_nat n)] [], 1%Q)] | None => [([((i, O), e)], 1%Q)] end
      | _, _ => [([((i, O), e)], 1%Q)] end) = apow (aval (i, O)) e).
  { destruct (lookup i (squares S0)) as [s|] eqn:a; [|exact D]. destruct (evnat e) as [[|[|n]]|] eqn:b; try exact D.
    destruct (nf T S0 s) as [q|] eqn:c; [|exact D]. rewrite pmul_ok. cbn [pden]. rewrite Q2R_1, (minsert_ok (i, O)). cbn [mden].
    pose proof (all_In _ _ _ _ (squares_ok SO) (lookup_In _ _ _ _ a)) as g. simpl in g.
    rewrite <- (proj1 nf_vnf_ok s q c), <- g. unfold apow. rewrite b.
    assert (N : evnat [inject_Z (Z.of_nat n)] = Some n).
    { simpl. rewrite Qfloor_Z. assert (k1 : Qeq_bool (inject_Z (Z.of_nat n)) (inject_Z (Z.of_nat n)) = true) by (apply Qeq_bool_iff; reflexivity).
      rewrite k1. assert (k2 : (0 <=? Z.of_nat n)%Z = true) by (apply Z.leb_le; lia). rewrite k2. simpl. now rewrite Nat2Z.id. }
    rewrite N. simpl. ring. }
  destruct (lookup i (primes S0)) as [p|] eqn:a; [|exact Q]. destruct e as [|c r]; [exact Q|].
  destruct (spos S0 (i, O)) eqn:b; [|exact D].
  pose proof (spos_ok _ b) as hp. cbv zeta. rewrite pmul1_ok, Q2R_qred, Q2R_prime. cbn [pden mden]. rewrite Q2R_1, minsert_ok. cbn [mden].
  pose proof (all_In _ _ _ _ (primes_ok SO) (lookup_In _ _ _ _ a)) as g. cbn [fst snd] in g.
  rewrite !apow_pw by lra. cbn [aval] in *. rewrite <- g, <- pw_powerRZ by assumption.
  transitivity (pw (nth i l 0) (IZR (Qfloor c)) * pw (nth i l 0) (evE bas (qred (c - inject_Z (Qfloor c)) :: r))); [ring|].
  rewrite pw_plus by assumption. f_equal. simpl. rewrite Q2R_qred, Q2R_minus, Q2R_inject_Z. ring.
Qed.
Lemma expand_mono_ok : forall m, pden (expand_mono T S0 m) = mden m.
Proof.
  intros m. induction m as [|[k e] m IH]; cbn [expand_mono fold_right fst snd]; [simpl; rewrite Q2R_1; ring|].
  rewrite pmul_ok, expand_ok. unfold expand_mono in IH. rewrite IH. reflexivity.
Qed.
Lemma reduce_ok : forall n p, pden (reduce T S0 n p) = pden p.
Proof.
  induction n as [|n IH]; intros p; [reflexivity|]. cbn [reduce].
  destruct (existsb _ p); [|reflexivity]. rewrite IH. unfold reduce1. induction p as [|[m c] p IHp]; [reflexivity|].
  cbn [fold_right fst snd]. destruct (mneeds S0 m).
  - rewrite padd_ok, pmul1_ok, expand_mono_ok, IHp. simpl. ring.
  - rewrite padd1_ok, IHp. reflexivity.
Qed.

Lemma pow_even_nonneg : forall (x : R) n, Nat.even n = true -> 0 <= x ^ n.
Proof.
  intros x n h. apply Nat.even_spec in h as [k ->]. rewrite pow_mult. apply pow_le. simpl.
  rewrite Rmult_1_r. apply Rle_0_sqr.
Qed.
Lemma mnonneg_ok : forall p, mnonneg S0 p = true -> 0 <= pden p.
Proof.
  induction p as [|[m c] p IH]; intros h; [simpl; lra|]. simpl in h. apply andb_prop in h as [h h2]. apply lazy_and in h as [hc hm].
  specialize (IH h2). rewrite qnonneg_eq in hc. apply Qle_bool_Q2R in hc. rewrite RMicromega.Q2R_0 in hc.
  assert (0 <= mden m).
  { clear - hm SO. induction m as [|[k e] m IH]; [simpl; lra|]. simpl in hm. apply andb_prop in hm as [h1 h2]. specialize (IH h2).
    simpl. apply Rmult_le_pos; [|exact IH]. unfold fnonneg in h1. simpl in h1. apply orb_prop in h1 as [h1|h1].
    - rewrite apow_pw by now apply snonneg_ok. apply pw_nonneg.
    - unfold apow. destruct (evnat e); [now apply pow_even_nonneg|apply pw_nonneg]. }
  simpl. assert (0 <= Q2R c * mden m) by now apply Rmult_le_pos. lra.
Qed.
Lemma mpositive_ok : forall p, mpositive S0 p = true -> 0 < pden p.
Proof.
  intros p h. unfold mpositive in h. apply andb_prop in h as [h g]. induction p as [|[m c] p IH]; [discriminate|].
  pose proof h as hh. simpl in h. apply andb_prop in h as [h h2]. pose proof (mnonneg_ok _ h2) as rest.
  assert (one : 0 <= Q2R c * mden m).
  { assert (t : mnonneg S0 [(m, c)] = true) by (simpl; rewrite h; reflexivity).
    pose proof (mnonneg_ok _ t) as u. simpl in u. lra. }
  simpl in g. apply orb_prop in g as [g|g]; simpl.
  - apply lazy_and in g as [g1 g2]. assert (0 < mden m).
    { clear - g2 SO. induction m as [|[k e] m IH]; [simpl; lra|]. simpl in g2. apply andb_prop in g2 as [a b]. simpl.
      apply Rmult_lt_0_compat; [|now apply IH]. apply spos_ok in a. rewrite apow_pw by lra. now apply pw_pos. }
    assert (0 < Q2R c).
    { apply negb_true_iff in g1. rewrite <- RMicromega.Q2R_0. apply Qlt_Rlt. apply Qnot_le_lt. intros k. apply Qle_bool_iff in k. congruence. }
    assert (0 < Q2R c * mden m) by now apply Rmult_lt_0_compat. lra.
  - specialize (IH h2 g). lra.
Qed.
End Meaning.

(* The rule combine: scale (b - a) = sum of weight * facts * squares + equations + something manifestly nonnegative. *)
Inductive claim := Fle (a b : ex) | Flt (a b : ex).
Record item := { facts : list claim; weight : ex; sqs : list ex; vsqs : list vx }.
Record cert := { scaling : item; items : list item; eqs : list (ex * ex * ex); veqs : list (vx * vx * vx) }.
Definition fdiff (f : claim) : ex := match f with Fle a b | Flt a b => Su b a end.
Definition strict (f : claim) : bool := match f with Flt _ _ => true | _ => false end.
Definition prod_ex (l : list ex) : ex := fold_right Mu (Cq 1) l.
Definition sum_ex (l : list ex) : ex := fold_right Ad (Cq 0) l.
Definition item_ex (i : item) : ex :=
  Mu (weight i) (prod_ex (map fdiff (facts i) ++ map (fun s => Mu s s) (sqs i) ++ map (fun v => In v v) (vsqs i))).
Definition eq_ex (x : ex * ex * ex) : ex := match x with (c, d, m) => Mu m (Su d c) end.
Definition vsub (w v : vx) : vx := Vd w (Vs (Cq (-1)) v).
Definition veq_ex (x : vx * vx * vx) : ex := match x with (v, w, m) => In m (vsub w v) end.
Definition known (c : cert) : ex := Ad (sum_ex (map item_ex (items c))) (Ad (sum_ex (map eq_ex (eqs c))) (sum_ex (map veq_ex (veqs c)))).
Definition residual (c : cert) (a b : ex) : ex := Su (Mu (item_ex (scaling c)) (Su b a)) (known c).

Section Check.
Variable T : table.
Variable S0 : step.
Definition nfr (e : ex) : option poly := match nf T S0 e with Some p => Some (reduce T S0 4 p) | None => None end.
Definition ex_nonneg (e : ex) : bool := match nfr e with Some p => mnonneg S0 p | None => false end.
Definition ex_positive (e : ex) : bool := match nfr e with Some p => mpositive S0 p | None => false end.
Definition ex_zero (e : ex) : bool := match nfr e with Some [] => true | _ => false end.
Definition item_nonneg (i : item) : bool := ex_nonneg (weight i).
Definition item_positive (i : item) : bool :=
  forallb strict (facts i) &&& match sqs i, vsqs i with [], [] => true | _, _ => false end &&& ex_positive (weight i).
Definition check_le (c : cert) (a b : ex) : bool :=
  item_positive (scaling c) &&& forallb item_nonneg (items c) &&& ex_nonneg (residual c a b).
Definition check_lt (c : cert) (a b : ex) : bool :=
  item_positive (scaling c) &&& forallb item_nonneg (items c) &&&
  match nfr (residual c a b) with
  | Some p => mnonneg S0 p &&& (mpositive S0 p ||| existsb item_positive (items c))
  | None => false
  end.
Definition check_eq (c : cert) (a b : ex) : bool :=
  item_positive (scaling c) &&& match items c with [] => true | _ => false end &&& ex_zero (residual c a b).
(* a vector equation: the difference has length 0 *)
Fixpoint vsum_ex (l : list (vx * vx * ex)) (v : vx) : vx :=
  match l with [] => v | (a, b, m) :: r => Vd (Vs (Mu (Cq (-1)) m) (vsub b a)) (vsum_ex r v) end.
Definition check_veq (l : list (vx * vx * ex)) (v w : vx) : bool := let d := vsum_ex l (vsub w v) in ex_zero (In d d).
End Check.

Section Combine.
Variable alpha : R.
Variable more : list R.
Variable T : table.
Variable etv : list R.
Hypothesis TO : table_ok alpha more T etv.
Variable l : list R.
Variable vl : list V.
Variable S0 : step.
Hypothesis SO : step_ok etv l vl S0.
Let den := den etv l vl.
Let vden := vden etv l vl.
Let pden := pden alpha more l vl.

Definition fden (f : claim) : Prop := match f with Fle a b => den a <= den b | Flt a b => den a < den b end.
Definition cert_ok (c : cert) : Prop :=
  all fden (facts (scaling c)) /\ all (fun i => all fden (facts i)) (items c) /\
  all (fun x => den (fst (fst x)) = den (snd (fst x))) (eqs c) /\
  all (fun x => vden (fst (fst x)) = vden (snd (fst x))) (veqs c).

Lemma nfr_ok : forall e p, nfr T S0 e = Some p -> den e = pden p.
Proof.
  intros e p h. unfold nfr in h. destruct (nf T S0 e) as [q|] eqn:g; [|discriminate].
  assert (k : reduce T S0 4 q = p) by congruence. subst p.
  unfold pden. rewrite (reduce_ok alpha more T etv l vl S0 TO SO).
  exact (proj1 (nf_vnf_ok alpha more T etv l vl S0 TO SO) e q g).
Qed.
Lemma ex_nonneg_ok : forall e, ex_nonneg T S0 e = true -> 0 <= den e.
Proof.
  intros e h. unfold ex_nonneg in h. destruct (nfr T S0 e) as [p|] eqn:g; [|discriminate]. rewrite (nfr_ok e p g).
  exact (mnonneg_ok alpha more etv l vl S0 SO p h).
Qed.
Lemma ex_positive_ok : forall e, ex_positive T S0 e = true -> 0 < den e.
Proof.
  intros e h. unfold ex_positive in h. destruct (nfr T S0 e) as [p|] eqn:g; [|discriminate]. rewrite (nfr_ok e p g).
  exact (mpositive_ok alpha more etv l vl S0 SO p h).
Qed.
Lemma ex_zero_ok : forall e, ex_zero T S0 e = true -> den e = 0.
Proof.
  intros e h. unfold ex_zero in h. destruct (nfr T S0 e) as [[|x p]|] eqn:g; try discriminate. now rewrite (nfr_ok e [] g).
Qed.
Lemma prod_app : forall a b, den (prod_ex (a ++ b)) = den (prod_ex a) * den (prod_ex b).
Proof.
  intros a b. induction a as [|x a IH].
  - change (den (prod_ex b) = 1 * den (prod_ex b)). ring.
  - change (den x * den (prod_ex (a ++ b)) = den x * den (prod_ex a) * den (prod_ex b)). rewrite IH. ring.
Qed.
Lemma prod_facts : forall f, all fden f -> 0 <= den (prod_ex (map fdiff f)) /\ (forallb strict f = true -> 0 < den (prod_ex (map fdiff f))).
Proof.
  induction f as [|x f IH]; intros h.
  - change (0 <= 1 /\ (true = true -> 0 < 1)). split; intros; lra.
  - destruct h as [h1 h2]. destruct (IH h2) as [a b].
    change (0 <= den (fdiff x) * den (prod_ex (map fdiff f)) /\ (strict x && forallb strict f = true -> 0 < den (fdiff x) * den (prod_ex (map fdiff f)))).
    destruct x as [u v|u v]; [change (den u <= den v) in h1; change (den (fdiff (Fle u v))) with (den v - den u)
                             |change (den u < den v) in h1; change (den (fdiff (Flt u v))) with (den v - den u)]; split.
    + apply Rmult_le_pos; lra.
    + discriminate.
    + apply Rmult_le_pos; lra.
    + intros s. apply Rmult_lt_0_compat; [lra|]. apply b. exact s.
Qed.
Lemma prod_squares : forall s, 0 <= den (prod_ex (map (fun s => Mu s s) s)).
Proof.
  induction s as [|x s IH]; [change (0 <= 1); lra|].
  change (0 <= den x * den x * den (prod_ex (map (fun s => Mu s s) s))). apply Rmult_le_pos; [apply Rle_0_sqr|exact IH].
Qed.
Lemma prod_vsquares : forall s, 0 <= den (prod_ex (map (fun v => In v v) s)).
Proof.
  induction s as [|x s IH]; [change (0 <= 1); lra|].
  change (0 <= inner (vden x) (vden x) * den (prod_ex (map (fun v => In v v) s))). apply Rmult_le_pos; [apply (inner_pos ips)|exact IH].
Qed.
Lemma item_ok : forall i, all fden (facts i) ->
  (item_nonneg T S0 i = true -> 0 <= den (item_ex i)) /\ (item_positive T S0 i = true -> 0 < den (item_ex i)).
Proof.
  intros i h. destruct (prod_facts _ h) as [a b].
  change (den (item_ex i)) with (den (weight i) * den (prod_ex (map fdiff (facts i) ++ map (fun s => Mu s s) (sqs i) ++ map (fun v => In v v) (vsqs i)))).
  rewrite !prod_app. split; intros g.
  - apply Rmult_le_pos; [now apply ex_nonneg_ok|]. apply Rmult_le_pos; [exact a|]. apply Rmult_le_pos; [apply prod_squares|apply prod_vsquares].
  - unfold item_positive in g. apply lazy_and in g as [g g3]. apply lazy_and in g as [g1 g2].
    destruct (sqs i); [|discriminate]. destruct (vsqs i); [|discriminate].
    apply Rmult_lt_0_compat; [now apply ex_positive_ok|]. apply Rmult_lt_0_compat; [now apply b|].
    change (0 < 1 * 1). lra.
Qed.
Lemma eqs_zero : forall s, all (fun x => den (fst (fst x)) = den (snd (fst x))) s -> den (sum_ex (map eq_ex s)) = 0.
Proof.
  induction s as [|[[c d] m] s IH]; intros h; [reflexivity|]. destruct h as [h1 h2]. simpl in h1.
  change (den m * (den d - den c) + den (sum_ex (map eq_ex s)) = 0). rewrite (IH h2), h1. ring.
Qed.
Lemma veqs_zero : forall s, all (fun x => vden (fst (fst x)) = vden (snd (fst x))) s -> den (sum_ex (map veq_ex s)) = 0.
Proof.
  induction s as [|[[c d] m] s IH]; intros h; [reflexivity|]. destruct h as [h1 h2]. simpl in h1.
  change (inner (vden m) (vadd (vden d) (scale (-1) (vden c))) + den (sum_ex (map veq_ex s)) = 0).
  rewrite (IH h2), h1, inner_add_r, inner_scale_r. ring.
Qed.
Lemma items_sum : forall s, forallb (item_nonneg T S0) s = true -> all (fun i => all fden (facts i)) s ->
  0 <= den (sum_ex (map item_ex s)) /\ (existsb (item_positive T S0) s = true -> 0 < den (sum_ex (map item_ex s))).
Proof.
  induction s as [|x s IH]; intros h g.
  - split; [change (0 <= 0); lra|discriminate].
  - cbn [forallb] in h. apply andb_prop in h as [h1 h2]. destruct g as [g1 g2]. destruct (IH h2 g2) as [a b].
    destruct (item_ok x g1) as [c d]. specialize (c h1).
    change (0 <= den (item_ex x) + den (sum_ex (map item_ex s)) /\
      (item_positive T S0 x || existsb (item_positive T S0) s = true -> 0 < den (item_ex x) + den (sum_ex (map item_ex s)))).
    split; [lra|]. intros e. apply orb_prop in e as [e|e]; [specialize (d e)|specialize (b e)]; lra.
Qed.
Lemma residual_den : forall c a b, den (residual c a b) =
  den (item_ex (scaling c)) * (den b - den a) - (den (sum_ex (map item_ex (items c))) + (den (sum_ex (map eq_ex (eqs c))) + den (sum_ex (map veq_ex (veqs c))))).
Proof. reflexivity. Qed.

Theorem combine_le : forall c a b, cert_ok c -> check_le T S0 c a b = true -> den a <= den b.
Proof.
  intros c a b (h1 & h2 & h3 & h4) h. unfold check_le in h. apply lazy_and in h as [h r]. apply lazy_and in h as [s i].
  apply ex_nonneg_ok in r. rewrite residual_den, (eqs_zero _ h3), (veqs_zero _ h4) in r.
  destruct (items_sum _ i h2) as [p _]. destruct (item_ok _ h1) as [_ q]. specialize (q s).
  assert (0 <= den (item_ex (scaling c)) * (den b - den a)) by lra.
  assert (0 <= den b - den a) by (apply Rmult_le_reg_l with (den (item_ex (scaling c))); lra). lra.
Qed.
Theorem combine_lt : forall c a b, cert_ok c -> check_lt T S0 c a b = true -> den a < den b.
Proof.
  intros c a b (h1 & h2 & h3 & h4) h. unfold check_lt in h. apply lazy_and in h as [h r]. apply lazy_and in h as [s i].
  destruct (nfr T S0 (residual c a b)) as [p|] eqn:n; [|discriminate]. apply lazy_and in r as [r st].
  apply nfr_ok in n. rewrite residual_den, (eqs_zero _ h3), (veqs_zero _ h4) in n.
  apply (mnonneg_ok alpha more etv l vl S0 SO) in r. fold pden in r. rewrite <- n in r.
  destruct (items_sum _ i h2) as [u u']. destruct (item_ok _ h1) as [_ q]. specialize (q s).
  assert (0 < den (item_ex (scaling c)) * (den b - den a)).
  { apply lazy_or in st as [st|st].
    - apply (mpositive_ok alpha more etv l vl S0 SO) in st. fold pden in st. rewrite <- n in st. lra.
    - specialize (u' st). lra. }
  assert (0 < den b - den a) by (apply Rmult_lt_reg_l with (den (item_ex (scaling c))); lra). lra.
Qed.
Theorem combine_eq : forall c a b, cert_ok c -> check_eq T S0 c a b = true -> den a = den b.
Proof.
  intros c a b (h1 & h2 & h3 & h4) h. unfold check_eq in h. apply lazy_and in h as [h r]. apply lazy_and in h as [s i].
  apply ex_zero_ok in r. rewrite residual_den, (eqs_zero _ h3), (veqs_zero _ h4) in r.
  destruct (items c); [|discriminate]. change (den (sum_ex (map item_ex []))) with 0 in r.
  destruct (item_ok _ h1) as [_ q]. specialize (q s).
  assert (z : den (item_ex (scaling c)) * (den b - den a) = 0) by lra.
  destruct (Rmult_integral _ _ z); lra.
Qed.
Theorem combine_veq : forall s v w, all (fun x => vden (fst (fst x)) = vden (snd (fst x))) s ->
  check_veq T S0 s v w = true -> vden v = vden w.
Proof.
  intros s v w h c. unfold check_veq in c. apply ex_zero_ok in c. symmetry. apply (inner_definite ips).
  change (inner (vden (vsub w v)) (vden (vsub w v)) = 0). rewrite <- c.
  assert (K : forall u, inner (vden (vsum_ex s (vsub w v))) u = inner (vden (vsub w v)) u).
  { clear c. induction s as [|[[a b] m] s IH]; intros u; [reflexivity|]. destruct h as [h1 h2]. simpl in h1.
    change (inner (vadd (scale (-1 * den m) (vadd (vden b) (scale (-1) (vden a)))) (vden (vsum_ex s (vsub w v)))) u = inner (vden (vsub w v)) u).
    rewrite (inner_add ips), (inner_scale ips), (inner_add ips (vden b)), (inner_scale ips (-1)), h1, (IH h2). ring. }
  change (inner (vden (vsub w v)) (vden (vsub w v)) = inner (vden (vsum_ex s (vsub w v))) (vden (vsum_ex s (vsub w v)))).
  rewrite K, (inner_sym ips (vden (vsub w v)) (vden (vsum_ex s (vsub w v)))), K. reflexivity.
Qed.
End Combine.

(* ---------------------------------------------------------------- the other rules *)

Lemma ind_le_one : forall a b, a <= b -> ind_le a b = 1.
Proof. intros. unfold ind_le. destruct (Rle_dec a b); [reflexivity|contradiction]. Qed.
Lemma ind_lt_one : forall a b, a < b -> ind_lt a b = 1.
Proof. intros. unfold ind_lt. destruct (Rlt_dec a b); [reflexivity|contradiction]. Qed.
Lemma ind_eq_one : forall a b, a = b -> ind_eq a b = 1.
Proof. intros. unfold ind_eq. destruct (Req_EM_T a b); [reflexivity|contradiction]. Qed.
Lemma ind_le_cases : forall a b, a <= b \/ ind_le a b = 0.
Proof. intros. unfold ind_le. destruct (Rle_dec a b); [now left|now right]. Qed.
Lemma ind_lt_cases : forall a b, a < b \/ ind_lt a b = 0.
Proof. intros. unfold ind_lt. destruct (Rlt_dec a b); [now left|now right]. Qed.
Lemma ind_eq_cases : forall a b, a = b \/ ind_eq a b = 0.
Proof. intros. unfold ind_eq. destruct (Req_EM_T a b); [now left|now right]. Qed.
Lemma ind_le_nonneg : forall a b, 0 <= ind_le a b.
Proof. intros. unfold ind_le. destruct (Rle_dec a b); lra. Qed.
Lemma ind_lt_nonneg : forall a b, 0 <= ind_lt a b.
Proof. intros. unfold ind_lt. destruct (Rlt_dec a b); lra. Qed.
Lemma ind_eq_nonneg : forall a b, 0 <= ind_eq a b.
Proof. intros. unfold ind_eq. destruct (Req_EM_T a b); lra. Qed.
Lemma ind_le_square : forall a b, ind_le a b * ind_le a b = ind_le a b.
Proof. intros. unfold ind_le. destruct (Rle_dec a b); lra. Qed.
Lemma ind_lt_square : forall a b, ind_lt a b * ind_lt a b = ind_lt a b.
Proof. intros. unfold ind_lt. destruct (Rlt_dec a b); lra. Qed.
Lemma ind_eq_square : forall a b, ind_eq a b * ind_eq a b = ind_eq a b.
Proof. intros. unfold ind_eq. destruct (Req_EM_T a b); lra. Qed.
Lemma ind_le_ext : forall a b c d, b - a = d - c -> ind_le a b = ind_le c d.
Proof. intros. unfold ind_le. destruct (Rle_dec a b), (Rle_dec c d); try reflexivity; exfalso; lra. Qed.
Lemma ind_lt_ext : forall a b c d, b - a = d - c -> ind_lt a b = ind_lt c d.
Proof. intros. unfold ind_lt. destruct (Rlt_dec a b), (Rlt_dec c d); try reflexivity; exfalso; lra. Qed.
Lemma norm_ext : forall v w, inner v v = inner w w -> norm v = norm w.
Proof. intros v w h. unfold norm. now rewrite h. Qed.
Lemma E_ext : forall s X Y w, (forall x, X x = Y x) -> E s X w = E s Y w.
Proof. intros s X Y w h. f_equal. now apply functional_extensionality. Qed.
Lemma Ev_ext : forall s X Y w, (forall x, X x = Y x) -> Ev s X w = Ev s Y w.
Proof. intros s X Y w h. f_equal. now apply functional_extensionality. Qed.
Lemma le_or_ge : forall a b : R, a <= b \/ b <= a.
Proof. intros. destruct (Rle_dec a b); [now left|right; lra]. Qed.
Lemma le_or_lt : forall a b : R, a <= b \/ b < a.
Proof. intros. destruct (Rle_dec a b); [now left|right; lra]. Qed.

Lemma exp_le : forall a b, a <= b -> exp a <= exp b.
Proof. intros a b [h|h]; [left; now apply exp_increasing|subst; lra]. Qed.
Lemma exp_tangent : forall a, 1 + a <= exp a.
Proof. intros a. destruct (Req_dec a 0) as [->|h]; [rewrite exp_0; lra|]. left. now apply exp_ineq1. Qed.
Lemma exp_add : forall a b, exp a * exp b = exp (a + b).
Proof. intros. symmetry. apply exp_plus. Qed.
Lemma exp_add_eq : forall a b c, a + b = c -> exp a * exp b = exp c.
Proof. intros a b c h. subst c. apply exp_add. Qed.
Lemma exp_tangent_eq : forall a c, 1 + a = c -> c <= exp a.
Proof. intros a c h. subst c. apply exp_tangent. Qed.
Lemma exp_neg_ln : forall s e, 0 < s -> e = -1 -> exp (-1 * ln s) = pw s e.
Proof. intros. rewrite pw_pos_base by assumption. subst e. reflexivity. Qed.
Lemma exp_convex_at : forall x y t, 0 <= t <= 1 -> exp (t * x + (1 - t) * y) <= t * exp x + (1 - t) * exp y.
Proof.
  intros x y t ht. set (m := t * x + (1 - t) * y).
  assert (H : forall z, exp m * (1 + (z - m)) <= exp z).
  { intros z. replace (exp z) with (exp m * exp (z - m)) by (rewrite <- exp_plus; f_equal; ring).
    apply Rmult_le_compat_l; [left; apply exp_pos|apply exp_tangent]. }
  assert (t * (exp m * (1 + (x - m))) <= t * exp x) by (apply Rmult_le_compat_l; [lra|apply H]).
  assert ((1 - t) * (exp m * (1 + (y - m))) <= (1 - t) * exp y) by (apply Rmult_le_compat_l; [lra|apply H]).
  assert (t * (exp m * (1 + (x - m))) + (1 - t) * (exp m * (1 + (y - m))) = exp m) by (unfold m; ring). lra.
Qed.
Lemma pw_mono : forall a b e, 0 <= a -> a <= b -> 0 <= e -> pw a e <= pw b e.
Proof.
  intros a b e ha hab he. destruct ha as [ha|ha].
  - rewrite !pw_pos_base by lra. unfold Rpower. apply exp_le, Rmult_le_compat_l; [exact he|].
    destruct hab as [h|h]; [left; now apply ln_increasing|subst; lra].
  - subst a. rewrite pw_zero. destruct (Req_EM_T e 0) as [z|z]; [|apply pw_nonneg]. subst e.
    destruct hab as [h|h]; [rewrite pw_pos_base by exact h; rewrite Rpower_O by exact h; lra|].
    subst b. rewrite pw_zero. destruct (Req_EM_T 0 0); lra.
Qed.
Lemma pw_anti : forall a b e, 0 < a -> a <= b -> e <= 0 -> pw b e <= pw a e.
Proof.
  intros a b e ha hab he. rewrite !pw_pos_base by lra. unfold Rpower. apply exp_le.
  assert (ln a <= ln b) by (destruct hab as [h|h]; [left; now apply ln_increasing|subst; lra]).
  assert (0 <= (- e) * (ln b - ln a)) by (apply Rmult_le_pos; lra). lra.
Qed.
Lemma amgm : forall x z t u, 0 <= x -> 0 <= z -> 0 <= t -> 0 <= u -> t + u = 1 -> pw x t * pw z u <= t * x + u * z.
Proof.
  intros x z t u hx hz ht hu s. assert (u = 1 - t) by lra. subst u.
  destruct hx as [hx|hx]; [destruct hz as [hz|hz]|].
  - rewrite !pw_pos_base by assumption. unfold Rpower. rewrite <- exp_plus.
    pose proof (exp_convex_at (ln x) (ln z) t ltac:(lra)) as h. rewrite !exp_ln in h by assumption. exact h.
  - subst z. rewrite pw_zero. destruct (Req_EM_T (1 - t) 0) as [e|e].
    + assert (t = 1) by lra. subst t. rewrite pw_pos_base by assumption. rewrite Rpower_1 by assumption. lra.
    + assert (0 <= t * x) by (apply Rmult_le_pos; lra). lra.
  - subst x. rewrite pw_zero. destruct (Req_EM_T t 0) as [e|e].
    + subst t. replace (1 - 0) with (INR 1) by (simpl; ring). rewrite pw_nat by assumption. simpl. lra.
    + assert (0 <= (1 - t) * z) by (apply Rmult_le_pos; lra). lra.
Qed.

(* exp(v) - 1 - v <= s^2 (exp(x) - 1 - x) by the power series, term by term *)
Definition partial (x : R) (n : nat) : R := sum_f_R0 (fun i => / INR (fact i) * x ^ i) n.
Lemma partial_cv : forall x, Un_cv (partial x) (exp x).
Proof. intros x. unfold exp. destruct (exist_exp x) as [y h]. exact h. Qed.
Lemma partial_step : forall x n, partial x (Datatypes.S n) = partial x n + / INR (fact (Datatypes.S n)) * x ^ Datatypes.S n.
Proof. reflexivity. Qed.
Lemma exp_remainder_le : forall v s x, v <= s * x -> -1 * v <= s * x -> 0 <= s -> s <= 1 -> 0 <= x ->
  exp v - 1 - v <= s ^ 2 * (exp x - 1 - x).
Proof.
  intros v s x h1 h2 h3 h4 h5.
  assert (K : forall n, partial v (Datatypes.S n) - 1 - v <= s ^ 2 * (partial x (Datatypes.S n) - 1 - x)).
  { induction n as [|n IH].
    - unfold partial. simpl. lra.
    - rewrite (partial_step v (Datatypes.S n)), (partial_step x (Datatypes.S n)).
      assert (T : / INR (fact (Datatypes.S (Datatypes.S n))) * v ^ Datatypes.S (Datatypes.S n) <=
                  s ^ 2 * (/ INR (fact (Datatypes.S (Datatypes.S n))) * x ^ Datatypes.S (Datatypes.S n))).
      { assert (P : v ^ Datatypes.S (Datatypes.S n) <= s ^ 2 * x ^ Datatypes.S (Datatypes.S n)).
        { apply Rle_trans with (Rabs v ^ Datatypes.S (Datatypes.S n)); [rewrite RPow_abs; apply Rle_abs|].
          apply Rle_trans with ((s * x) ^ Datatypes.S (Datatypes.S n)).
          - apply pow_incr. split; [apply Rabs_pos|]. apply Rabs_le. lra.
          - rewrite Rpow_mult_distr. apply Rmult_le_compat_r; [apply pow_le; exact h5|].
            change (s ^ Datatypes.S (Datatypes.S n)) with (s * (s * s ^ n)). change (s ^ 2) with (s * (s * 1)).
            apply Rmult_le_compat_l; [exact h3|]. apply Rmult_le_compat_l; [exact h3|].
            rewrite <- (pow1 n). apply pow_incr. lra. }
        assert (0 < / INR (fact (Datatypes.S (Datatypes.S n)))) by (apply Rinv_0_lt_compat, INR_fact_lt_0).
        apply Rle_trans with (/ INR (fact (Datatypes.S (Datatypes.S n))) * (s ^ 2 * x ^ Datatypes.S (Datatypes.S n))).
        - apply Rmult_le_compat_l; [lra|exact P].
        - right. ring. }
      lra. }
  assert (C : forall (u : nat -> R) (y a : R), Un_cv u y -> Un_cv (fun n => u (Datatypes.S n)) y).
  { intros u y _ h e he. destruct (h e he) as [N g]. exists N. intros n hn. apply g. lia. }
  pose proof (C _ _ 0 (partial_cv v)) as cv. pose proof (C _ _ 0 (partial_cv x)) as cx.
  apply Rnot_lt_le. intros bad.
  set (gap := exp v - 1 - v - s ^ 2 * (exp x - 1 - x)) in *.
  assert (0 < gap) by (unfold gap; lra).
  destruct (cv (gap / 4) ltac:(lra)) as [N1 g1]. destruct (cx (gap / 4) ltac:(lra)) as [N2 g2].
  specialize (g1 (N1 + N2)%nat ltac:(lia)). specialize (g2 (N1 + N2)%nat ltac:(lia)). specialize (K (N1 + N2)%nat).
  unfold R_dist in g1, g2. apply Rabs_def2 in g1. apply Rabs_def2 in g2.
  assert (S2 : 0 <= s ^ 2 <= 1) by (simpl; split; nra).
  assert (s ^ 2 * (partial x (Datatypes.S (N1 + N2)) - exp x) <= gap / 4).
  { apply Rle_trans with (s ^ 2 * (gap / 4)); [apply Rmult_le_compat_l; lra|].
    apply Rle_trans with (1 * (gap / 4)); [apply Rmult_le_compat_r; lra|lra]. }
  unfold gap in *. lra.
Qed.

(* probability *)
Lemma classical : forall P Q R0 : Prop, (P -> Q -> R0) -> ~ R0 -> ~ P \/ ~ Q.
Proof.
  intros P Q R0 h n. destruct (ClassicalDedekindReals.sig_not_dec P) as [p|p]; [right|left; exact p].
  intros q. apply p. intros k. apply n. now apply h.
Qed.
Lemma whp_weaken : forall e e' (P Q : Omega -> Prop), WHP e P -> (forall w, P w -> Q w) -> e <= e' -> WHP e' Q.
Proof.
  intros e e' P Q h g k. unfold WHP in *.
  apply Rle_trans with (Pr (fun w => ~ P w)); [apply (Pr_mono Pr_is_an_outer_probability)|lra].
  intros w n p. apply n. now apply g.
Qed.
Lemma whp_both : forall e e' (P Q : Omega -> Prop), WHP e P -> WHP e' Q -> WHP (e + e') (fun w => P w /\ Q w).
Proof.
  intros e e' P Q h g. unfold WHP in *.
  apply Rle_trans with (Pr (fun w => ~ P w \/ ~ Q w)).
  - apply (Pr_mono Pr_is_an_outer_probability). intros w n. apply (classical (P w) (Q w) (P w /\ Q w)); tauto.
  - apply Rle_trans with (Pr (fun w => ~ P w) + Pr (fun w => ~ Q w)); [apply (Pr_union Pr_is_an_outer_probability)|lra].
Qed.
Lemma E_equal : forall xi alpha s (G : Omega -> Prop) X Y, noise xi alpha -> MeasP s G ->
  Dominated xi alpha s G X -> Dominated xi alpha s G Y -> (forall w, G w -> X w = Y w) ->
  forall w, G w -> E s X w = E s Y w.
Proof.
  intros. apply Rle_antisym; apply (E_mono xi alpha s G); try assumption; intros v g; rewrite (H3 v g); lra.
Qed.

(* strong induction and induction over times, which are nonnegative integers *)
Lemma time_induction : forall P : Z -> Prop, P 0%Z -> (forall t, (0 <= t)%Z -> P t -> P (t + 1)%Z) -> forall t, (0 <= t)%Z -> P t.
Proof. intros P h g t k. revert t k. apply natlike_ind; [exact h|]. intros x k p. unfold Z.succ. now apply g. Qed.
Lemma time_strong_induction : forall P : Z -> Prop,
  (forall T, (0 <= T)%Z -> (forall t, (0 <= t)%Z -> IZR t + 1 <= IZR T -> P t) -> P T) -> forall T, (0 <= T)%Z -> P T.
Proof.
  intros P h. assert (K : forall n T, (0 <= T < n)%Z -> P T).
  { intros n T k. assert (hn : (0 <= n)%Z) by lia. revert T k. revert n hn. apply (natlike_ind (fun n => forall T, (0 <= T < n)%Z -> P T)); [lia|].
    intros x hx IH T hT. apply h; [lia|]. intros t ht le. apply IH. rewrite <- plus_IZR in le. apply le_IZR in le. lia. }
  intros T k. apply (K (T + 1)%Z). lia.
Qed.

Lemma fact_bound : forall n, 2 * 3 ^ n <= INR (fact (n + 2)).
Proof.
  induction n as [|n IH]; [simpl; lra|]. change (Datatypes.S n + 2)%nat with (Datatypes.S (n + 2)).
  rewrite fact_simpl, mult_INR. assert (3 <= INR (Datatypes.S (n + 2))).
  { rewrite S_INR, plus_INR. pose proof (pos_INR n). simpl. lra. }
  assert (0 <= 2 * 3 ^ n) by (pose proof (pow_le 3 n ltac:(lra)); lra).
  change (3 ^ Datatypes.S n) with (3 * 3 ^ n).
  apply Rle_trans with (3 * (2 * 3 ^ n)); [lra|]. apply Rmult_le_compat; lra.
Qed.
Lemma exp_bernstein : forall x, 0 <= x -> 2 * (1 - x / 3) * (exp x - 1 - x) <= x ^ 2.
Proof.
  intros x h. assert (P : 0 <= exp x - 1 - x) by (pose proof (exp_tangent x); lra).
  assert (Q : 0 <= x ^ 2) by (apply pow2_ge_0).
  destruct (Rle_dec 3 x) as [g|g].
  { assert (0 <= (x / 3 - 1) * (exp x - 1 - x)) by (apply Rmult_le_pos; lra). lra. }
  set (c := 2 * (1 - x / 3)). assert (cp : 0 < c <= 2) by (unfold c; lra).
  assert (K : forall n, c * (partial x (Datatypes.S n) - 1 - x) <= x ^ 2 - x ^ 2 * (x / 3) ^ n).
  { induction n as [|n IH]; [unfold partial; simpl; lra|].
    rewrite (partial_step x (Datatypes.S n)).
    assert (T : c * (/ INR (fact (Datatypes.S (Datatypes.S n))) * x ^ Datatypes.S (Datatypes.S n)) <= (1 - x / 3) * (x ^ 2 * (x / 3) ^ n)).
    { assert (F : / INR (fact (Datatypes.S (Datatypes.S n))) <= / (2 * 3 ^ n)).
      { apply Rinv_le_contravar; [pose proof (pow_lt 3 n ltac:(lra)); lra|]. pose proof (fact_bound n) as b.
        rewrite Nat.add_comm in b. exact b. }
      assert (X : 0 <= x ^ Datatypes.S (Datatypes.S n)) by (apply pow_le; exact h).
      apply Rle_trans with (c * (/ (2 * 3 ^ n) * x ^ Datatypes.S (Datatypes.S n))).
      - apply Rmult_le_compat_l; [lra|]. apply Rmult_le_compat_r; assumption.
      - right. assert (Z : (x / 3) ^ n = x ^ n * / 3 ^ n) by (unfold Rdiv; rewrite Rpow_mult_distr, pow_inv; reflexivity).
        rewrite Z. unfold c. change (x ^ Datatypes.S (Datatypes.S n)) with (x * (x * x ^ n)). simpl (x ^ 2).
        field. apply pow_nonzero. lra. }
    change ((x / 3) ^ Datatypes.S n) with (x / 3 * (x / 3) ^ n). lra. }
  apply Rnot_lt_le. intros bad. set (gap := c * (exp x - 1 - x) - x ^ 2) in *. assert (0 < gap) by (unfold gap; lra).
  destruct (partial_cv x (gap / 4) ltac:(lra)) as [N g1]. specialize (g1 (Datatypes.S N) ltac:(lia)). specialize (K N).
  assert (0 <= x ^ 2 * (x / 3) ^ N) by (apply Rmult_le_pos; [exact Q|apply pow_le; lra]).
  unfold R_dist in g1. apply Rabs_def2 in g1.
  assert (c * (exp x - partial x (Datatypes.S N)) <= 2 * (gap / 4)).
  { apply Rle_trans with (c * (gap / 4)); [apply Rmult_le_compat_l; lra|apply Rmult_le_compat_r; lra]. }
  unfold gap in *. lra.
Qed.

(* measurability of differences, and dominating terms in the shapes that certificates use *)
Lemma m_sub : forall s X Y, Meas s X -> Meas s Y -> Meas s (fun w => X w - Y w).
Proof.
  intros. replace (fun w => X w - Y w) with (fun w => X w + -1 * Y w) by (apply functional_extensionality; intros; ring).
  apply m_add; [assumption|]. apply m_mul; [apply m_const|assumption].
Qed.
Lemma d_mul_r : forall xi alpha s D m, Dominating xi alpha s D -> Meas s m -> Dominating xi alpha s (fun w => D w * m w).
Proof.
  intros. apply d_ext with (fun w => m w * D w); [intros; ring|]. now apply d_mul.
Qed.
Lemma d_sub : forall xi alpha s D m, Dominating xi alpha s D -> Meas s m -> Dominating xi alpha s (fun w => D w - m w).
Proof.
  intros. apply d_ext with (fun w => D w + -1 * m w); [intros; ring|]. apply d_add; [assumption|]. apply d_meas, m_mul; [apply m_const|assumption].
Qed.
Lemma d_pw : forall xi alpha s r p, r = (s + 1)%Z -> 0 <= p <= alpha -> Dominating xi alpha s (fun w => pw (norm (xi r w)) p).
Proof. intros. subst r. now apply d_norm. Qed.
Lemma d_one : forall xi alpha s r, r = (s + 1)%Z -> 1 <= alpha -> Dominating xi alpha s (fun w => norm (xi r w)).
Proof.
  intros. subst r. apply d_ext with (fun w => pw (norm (xi (s + 1)%Z w)) 1); [|apply d_norm; lra].
  intros w. replace 1 with (INR 1) by reflexivity. rewrite pw_nat by apply norm_nonneg. ring.
Qed.

Lemma exp_bernstein_third : forall x, 0 <= x -> 2 * (1 - x * (1 / 3)) * (exp x - 1 - x) <= x ^ 2.
Proof. intros x h. pose proof (exp_bernstein x h). replace (x * (1 / 3)) with (x / 3) by field. assumption. Qed.
Lemma norm_zero : forall v, inner v v = 0 -> norm v = 0.
Proof. intros v h. unfold norm. rewrite h. apply sqrt_0. Qed.
Lemma exp_zero : forall a, a = 0 -> exp a = 1.
Proof. intros a h. rewrite h. apply exp_0. Qed.
Lemma one_bounded : 1 <= 1 /\ -1 * 1 <= 1.
Proof. lra. Qed.

(* facts about exponents, which are rational functions of alpha; most coefficients are 0, and these are left out *)
Fixpoint short (bas : list R) (e : ev) : R :=
  match e, bas with
  | c :: e', b :: bs => match Qnum c with Z0 => short bs e' | _ => qval c * b + short bs e' end
  | _, _ => 0
  end.
Lemma short_ok : forall e bas, short bas e = evE bas e.
Proof.
  induction e as [|[n d] e IH]; intros [|b bas]; try reflexivity. cbn [short evE Qnum]. rewrite <- IH, <- qval_Q2R.
  destruct n; try reflexivity. rewrite qval_Q2R. unfold Q2R. cbn [Qnum]. ring.
Qed.
Lemma table_by : forall alpha more T etv, let value := short (1 :: alpha :: more) in
  1 < alpha -> alpha <= 2 -> etv = map value (exps T) -> all (fun e => 0 <= value e) (nonneg_exps T) ->
  all (fun x => value (fst (fst x)) * value (snd (fst x)) = value (snd x)) (products T) -> table_ok alpha more T etv.
Proof.
  intros alpha more T etv value low high h n p. constructor; try assumption.
  - rewrite h. apply map_ext. intros e. apply short_ok.
  - revert n. induction (nonneg_exps T) as [|e l IH]; intros n; [exact I|]. destruct n as [n1 n2]. split; [|now apply IH].
    rewrite <- short_ok. exact n1.
  - revert p. induction (products T) as [|x l IH]; intros p; [exact I|]. destruct p as [p1 p2]. split; [|now apply IH].
    rewrite <- !short_ok. exact p1.
Qed.
(* d/d = 1, 0 <= (a - 1)/d and 0 <= (2 - a)/d for every denominator d > 0 in the goal *)
Ltac inverses_of a :=
  repeat match goal with |- context [?x / ?d] =>
    lazymatch goal with
    | _ : 0 <= (a - 1) * / d |- _ => fail
    | _ => assert (d * / d = 1) by (apply Rinv_r; lra);
           assert (0 <= (a - 1) * / d)
             by (apply Rmult_le_pos; [lra | left; apply Rinv_0_lt_compat; lra]);
           assert (0 <= (2 - a) * / d)
             by (apply Rmult_le_pos; [lra | left; apply Rinv_0_lt_compat; lra])
    end end.
Ltac exponents_of a :=
  cbn [map short qval Qnum Qden exps nonneg_exps products fst snd all];
  repeat match goal with
  | |- _ /\ _ => split
  | |- True => exact I
  | |- _ :: _ = _ :: _ => apply f_equal2
  | |- [] = [] => reflexivity
  end;
  first [ lra
        | field; lra
        | apply Rmult_le_pos; [lra | left; apply Rinv_0_lt_compat; lra]
        | apply (Rmult_le_reg_l a); [lra | rewrite Rmult_0_r; field_simplify; lra]
        | inverses_of a; unfold Rdiv in *; lra ].
(* from 1 < alpha and alpha <= 2 *)
Ltac exponents low high :=
  pose proof low; pose proof high; match type of low with _ < ?a => exponents_of a end.
Lemma random_at : forall r X, Meas r X -> random X.
Proof. intros r X h. now exists r. Qed.
Lemma randomV_at : forall r v, MeasV r v -> randomV v.
Proof. intros r v h. now exists r. Qed.
Lemma dominated_by : forall xi alpha s (G : Omega -> Prop) X D, random X -> Dominating xi alpha s D ->
  (forall w, G w -> X w <= D w /\ -1 * X w <= D w) -> Dominated xi alpha s G X.
Proof. intros. split; [assumption|]. now exists D. Qed.
Lemma dominated_one : forall xi alpha s G, Dominated xi alpha s G (fun _ => 1).
Proof.
  intros. apply dominated_by with (fun _ => 1); [apply (random_at s), m_const|apply d_meas, m_const|]. intros. exact one_bounded.
Qed.

(* indicators of equations *)
Lemma norm_definite : forall v w, norm (vadd v (scale (-1) w)) = 0 -> v = w.
Proof.
  intros v w h. apply (inner_definite ips). pose proof (norm_square (vadd v (scale (-1) w))) as k. rewrite h in k. lra.
Qed.
Lemma ind_veq_one : forall v w, v = w -> ind_veq v w = 1.
Proof.
  intros v w h. subst w. unfold ind_veq. apply ind_eq_one. apply norm_zero.
  rewrite !(inner_add ips), !inner_add_r, !(inner_scale ips), !inner_scale_r. ring.
Qed.
Lemma ind_veq_cases : forall v w, v = w \/ ind_veq v w = 0.
Proof. intros v w. destruct (ind_eq_cases (norm (vadd v (scale (-1) w))) 0) as [h|h]; [left; now apply norm_definite|now right]. Qed.
Lemma ind_veq_nonneg : forall v w, 0 <= ind_veq v w.
Proof. intros. apply ind_eq_nonneg. Qed.
Lemma ind_veq_square : forall v w, ind_veq v w * ind_veq v w = ind_veq v w.
Proof. intros. apply ind_eq_square. Qed.
Lemma ind_veq_ext : forall v w x y,
  inner (vadd v (scale (-1) w)) (vadd v (scale (-1) w)) = inner (vadd x (scale (-1) y)) (vadd x (scale (-1) y)) ->
  ind_veq v w = ind_veq x y.
Proof. intros. unfold ind_veq. f_equal. now apply norm_ext. Qed.
Lemma ind_eq_ext : forall a b c d, (b - a) * (b - a) = (d - c) * (d - c) -> ind_eq a b = ind_eq c d.
Proof.
  intros a b c d h. unfold ind_eq.
  assert (k : (b - a - (d - c)) * (b - a + (d - c)) = 0) by lra.
  destruct (Rmult_integral _ _ k), (Req_EM_T a b), (Req_EM_T c d); try reflexivity; exfalso; lra.
Qed.
Lemma m_ind_veq : forall s v w, MeasV s v -> MeasV s w -> Meas s (fun x => ind_veq (v x) (w x)).
Proof.
  intros. apply (m_ind_eq s (fun x => norm (vadd (v x) (scale (-1) (w x)))) (fun _ => 0)); [|apply m_const].
  apply (m_norm s (fun x => vadd (v x) (scale (-1) (w x)))). apply (mv_add s v (fun x => scale (-1) (w x))); [assumption|].
  apply (mv_scale s (fun _ => -1) w); [apply m_const|assumption].
Qed.

(* conversion unfolds the meaning of terms first, these functions last *)
#[global] Strategy 10 [pw norm Rsum Vsum ind_le ind_lt ind_eq ind_veq exp ln Rpower sqrt Rdiv Rminus pow WHP].
