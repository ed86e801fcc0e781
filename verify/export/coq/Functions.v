(* The rules about powers, exponentials, indicators and the inner product. *)
From Coq Require Import Reals Lra Lia ZArith QArith Qreals List Bool.
From Tailcert Require Import Tailcert Terms.
Import ListNotations.
Open Scope R_scope.

(* ---------------------------------------------------------------- powers *)

(* the base, and the exponent as a vector *)
Definition exponent (C : context) (k : nat) : ev := nth k (exps (exponents C)) [].
Definition power_of (C : context) (p : scal) : option (scal * ev) :=
  match p with
  | Spow a n => Some (a, [inject_Z (Z.of_nat n)])
  | Spw a k => Some (a, exponent C k)
  | _ => None
  end.
(* the same power of another base *)
Definition rebase (s p : scal) : scal := match p with Spow _ n => Spow s n | Spw _ k => Spw s k | _ => s end.
Lemma rebase_self : forall C p a x, power_of C p = Some (a, x) -> rebase a p = p.
Proof. intros C p a x h. destruct p; try discriminate; now injection h as <- _. Qed.

(* numbers that are written as terms in alpha, as vectors *)
Definition alpha_vector : ev := [0; 1]%Q.
(* 1 / alpha, if the table has alpha * (1 / alpha) = 1 *)
Definition inverse (C : context) : option ev :=
  match find (fun x => eveq (snd x) [1%Q] && eveq (fst (fst x)) alpha_vector) (products (exponents C)) with
  | Some x => Some (snd (fst x))
  | None => None
  end.
Fixpoint evpow (C : context) (x : ev) (n : nat) : option ev :=
  match n with
  | O => Some [1%Q]
  | S m => match evpow C x m with Some y => evmul (exponents C) x y | None => None end
  end.
Fixpoint weight (C : context) (x : scal) : option ev :=
  match x with
  | Sq q => Some [q]
  | Sp xH => Some alpha_vector
  | Sexpo k => Some (exponent C k)
  | Sadd a b => match weight C a, weight C b with Some u, Some v => Some (evadd u v) | _, _ => None end
  | Ssub a b => match weight C a, weight C b with Some u, Some v => Some (evadd u (evscale (-1) v)) | _, _ => None end
  | Smul a b => match weight C a, weight C b with Some u, Some v => evmul (exponents C) u v | _, _ => None end
  | Spow a n => match weight C a with Some u => evpow C u n | None => None end
  | Spw (Sp xH) k =>
    match evnat (evscale (-1) (exponent C k)), inverse C with Some n, Some i => evpow C i n | _, _ => None end
  | _ => None
  end.
Definition weighs (C : context) (u : scal) (x : ev) : bool := match weight C u with Some y => eveq x y | None => false end.
(* the number as a term *)
Definition usual_weight (C : context) (k : nat) : scal :=
  match exponent C k with
  | a :: b :: r => if evzero r then Sadd (Sq a) (Smul (Sq b) (Sp 1)) else Sexpo k
  | _ => Sexpo k
  end.

Section Functions.
Variable O : objects.
Variable C : context.
Hypothesis TR : truth O C.
Variable same : fact -> fact -> bool.
Hypothesis same_ok : forall f g, same f g = true -> forall e w, natural e -> (holds O f e w <-> holds O g e w).
(* terms with the same normal form *)
Variable nfeq : scal -> scal -> bool.
Hypothesis nfeq_ok : forall x y, nfeq x y = true -> forall e w, natural e -> sden O x e w = sden O y e w.

Let bas := 1 :: alpha O :: more C.
Let TO : table_ok (alpha O) (more C) (exponents C) (etv O) := t_exponents O C TR.
Notation valids P := (all (fun p : sequent => valid O (fst p) (snd p)) P).

Ltac ands := repeat match goal with h : _ && _ = true |- _ => apply andb_prop in h as [? ?] end.
(* the premises as facts for one environment *)
Ltac use_premises e w n k :=
  repeat match goal with
  | h : entails same _ ?p _ = true, v : valid O (fst ?p) (snd ?p) |- _ =>
    apply (entails_ok O same same_ok _ _ _ h) in v; specialize (v e w n k); clear h
  end.
Ltac start v e w n k :=
  ands; simpl in v; repeat match goal with g : _ /\ _ |- _ => destruct g end; intros e w n k; use_premises e w n k.
Ltac conclude n := match goal with h : same _ ?f = true |- holds _ ?f ?e ?w => apply (same_ok _ _ h e w n); clear h end.
(* so that lra reads a 0 *)
Ltac meaning := simpl in *; change (qval 0) with 0 in *.

Lemma exponent_ok : forall k, nth k (etv O) 0 = evE bas (exponent C k).
Proof. intros. rewrite (exps_ok _ _ _ _ TO). change 0 with (evE bas []). apply map_nth. Qed.
Lemma power_ok : forall p a x s e w, power_of C p = Some (a, x) -> 0 <= sden O s e w ->
  sden O (rebase s p) e w = pw (sden O s e w) (evE bas x).
Proof.
  intros p a x s e w h b. destruct p; try discriminate; injection h as _ <-; simpl.
  - rewrite Q2R_inject_Z, Rmult_1_r, Rplus_0_r, <- INR_IZR_INZ. symmetry. now apply pw_nat.
  - now rewrite exponent_ok.
Qed.
Lemma power_self : forall p a x e w, power_of C p = Some (a, x) -> 0 <= sden O a e w ->
  sden O p e w = pw (sden O a e w) (evE bas x).
Proof. intros p a x e w h b. rewrite <- (rebase_self C p a x h) at 1. now apply (power_ok p a). Qed.

Lemma evone : evE bas [1%Q] = 1.
Proof. simpl. rewrite Q2R_1. ring. Qed.
Lemma evalpha : evE bas alpha_vector = alpha O.
Proof. simpl. rewrite Q2R_1, RMicromega.Q2R_0. ring. Qed.
Lemma evminus : forall x, evE bas (evscale (-1) x) = - evE bas x.
Proof. intros. rewrite evscale_E. replace (Q2R (-1)) with (-1) by (unfold Q2R; simpl; lra). ring. Qed.
Lemma evtimes : forall x y z, evmul (exponents C) x y = Some z -> evE bas x * evE bas y = evE bas z.
Proof. exact (evmul_ok _ _ _ _ TO). Qed.
Lemma evsign : forall x, enonneg (exponents C) x = true -> 0 <= evE bas x.
Proof. exact (enonneg_ok _ _ _ _ TO). Qed.
Lemma inverse_ok : forall i, inverse C = Some i -> evE bas i = / alpha O.
Proof.
  intros i h. unfold inverse in h. destruct (find _ _) as [x|] eqn:g; [|discriminate]. injection h as <-.
  apply find_some in g as [g1 g2]. apply andb_prop in g2 as [g2 g3].
  pose proof (all_In _ _ _ _ (products_ok _ _ _ _ TO) g1) as p. cbv beta in p. fold bas in p.
  rewrite (eveq_E bas _ _ g2), (eveq_E bas _ _ g3), evone, evalpha in p.
  pose proof (alpha_low _ _ _ _ TO). apply (Rmult_eq_reg_l (alpha O)); [|lra]. rewrite p. field. lra.
Qed.
Lemma evpow_ok : forall x n y, evpow C x n = Some y -> evE bas y = evE bas x ^ n.
Proof.
  intros x n. induction n as [|n IH]; simpl; intros y h; [injection h as <-; apply evone|].
  destruct (evpow C x n) as [z|]; [|discriminate]. rewrite <- (IH z eq_refl). symmetry. now apply evtimes.
Qed.
Lemma weight_ok : forall u x e w, weight C u = Some x -> sden O u e w = evE bas x.
Proof.
  intros u. induction u using scal_mut with (P0 := fun _ => True); try exact I; intros l c o h; simpl in h; try discriminate.
  - injection h as <-. simpl. rewrite qval_Q2R. ring.
  - destruct k; try discriminate. injection h as <-. now rewrite evalpha.
  - destruct (weight C u1) as [y|]; [|discriminate]. destruct (weight C u2) as [z|]; [|discriminate]. injection h as <-.
    rewrite evadd_E. simpl. now rewrite (IHu1 y c o eq_refl), (IHu2 z c o eq_refl).
  - destruct (weight C u1) as [y|]; [|discriminate]. destruct (weight C u2) as [z|]; [|discriminate]. injection h as <-.
    rewrite evadd_E, evminus. simpl. now rewrite (IHu1 y c o eq_refl), (IHu2 z c o eq_refl).
  - destruct (weight C u1) as [y|]; [|discriminate]. destruct (weight C u2) as [z|]; [|discriminate].
    rewrite <- (evtimes _ _ _ h). simpl. now rewrite (IHu1 y c o eq_refl), (IHu2 z c o eq_refl).
  - destruct (weight C u) as [y|]; [|discriminate]. rewrite (evpow_ok _ _ _ h). simpl. now rewrite (IHu y c o eq_refl).
  - destruct u as [|[]| | | | | | | | | | | | | | | | |]; try discriminate.
    destruct (evnat _) as [m|] eqn:a; [|discriminate]. destruct (inverse C) as [i|] eqn:b; [|discriminate].
    rewrite (evpow_ok _ _ _ h), (inverse_ok i b). simpl. pose proof (alpha_low _ _ _ _ TO) as low.
    apply (evnat_E (alpha O :: more C)) in a. fold bas in a. rewrite evminus in a. rewrite exponent_ok.
    replace (evE bas (exponent C k)) with (- INR m) by lra. fold (alpha O).
    rewrite pw_pos_base, Rpower_Ropp, Rpower_pow by lra. symmetry. apply pow_inv.
  - injection h as <-. simpl. apply exponent_ok.
Qed.
Lemma weighs_ok : forall u x e w, weighs C u x = true -> sden O u e w = evE bas x.
Proof.
  intros u x e w h. unfold weighs in h. destruct (weight C u) as [y|] eqn:g; [|discriminate].
  rewrite (weight_ok u y e w g). symmetry. now apply eveq_E.
Qed.

Definition check_CauchySchwarz (P : list sequent) (G : list fact) (f : fact) : bool :=
  match P, f with
  | [], Frel RLe (Sinner v w) _ => same (Frel RLe (Sinner v w) (Smul (Snorm v) (Snorm w))) f
  | _, _ => false
  end.
Lemma check_CauchySchwarz_ok : forall P G f, check_CauchySchwarz P G f = true -> valids P -> valid O G f.
Proof.
  intros P G f h ps. unfold check_CauchySchwarz in h. destruct P; [|discriminate].
  destruct f as [[] [] | | | | | | |]; try discriminate.
  start ps e o n k. conclude n. apply cauchy_schwarz.
Qed.

Definition check_PowPos (P : list sequent) (G : list fact) (f : fact) : bool :=
  match P, f with
  | [p], Frel RLt _ b =>
    match power_of C b with
    | Some (s, _) => entails same G p (Frel RLt (Sq 0) s) && same (Frel RLt (Sq 0) b) f
    | None => false
    end
  | _, _ => false
  end.
Lemma check_PowPos_ok : forall P G f, check_PowPos P G f = true -> valids P -> valid O G f.
Proof.
  intros P G f h ps. unfold check_PowPos in h. destruct P as [|p []]; try discriminate.
  destruct f as [[] a b| | | | | | |]; try discriminate.
  destruct (power_of C b) as [[s x]|] eqn:g; [|discriminate]. start ps e o n k. conclude n. meaning.
  rewrite (power_self b s x e o g) by now left. now apply pw_pos.
Qed.

Definition check_PowSplit (P : list sequent) (G : list fact) (f : fact) : bool :=
  match P, f with
  | [p], Frel REq (Smul a b) c =>
    match power_of C a, power_of C b with
    | Some (s, x), Some (_, y) =>
      let z := evadd x y in
      let whole := match power_of C c with Some (_, u) => eveq z u | None => false end in
      (whole || eveq z [1%Q] || evzero z) && entails same G p (Frel RLt (Sq 0) s)
      && same (Frel REq (Smul a (rebase s b)) (if whole then rebase s c else if evzero z then Sq 1 else s)) f
    | _, _ => false
    end
  | _, _ => false
  end.
Lemma check_PowSplit_ok : forall P G f, check_PowSplit P G f = true -> valids P -> valid O G f.
Proof.
  intros P G f h ps. unfold check_PowSplit in h. destruct P as [|p []]; try discriminate.
  destruct f as [[] [] c| | | | | | |]; try discriminate.
  destruct (power_of C a) as [[s x]|] eqn:g1; [|discriminate]. destruct (power_of C b) as [[s' y]|] eqn:g2; [|discriminate].
  cbv zeta in h. set (whole := match power_of C c with Some _ => _ | None => _ end) in h.
  start ps e o n k. conclude n. meaning. assert (0 <= sden O s e o) by now left.
  rewrite (power_self a s x e o g1), (power_ok b s' y s e o g2), pw_plus, <- evadd_E by assumption.
  destruct whole eqn:g.
  - unfold whole in g. destruct (power_of C c) as [[s'' z]|] eqn:g3; [|discriminate].
    rewrite (power_ok c s'' z s e o g3) by assumption. f_equal. now apply eveq_E.
  - destruct (evzero (evadd x y)) eqn:z.
    + rewrite (evzero_E _ _ z). change 0 with (INR 0). now rewrite pw_nat.
    + match goal with q : _ || _ || _ = true |- _ => rewrite orb_false_l, orb_false_r in q; rewrite (eveq_E bas _ _ q), evone end.
      change 1 with (INR 1). rewrite pw_nat by assumption. apply pow_1.
Qed.

Definition check_PowMono (P : list sequent) (G : list fact) (f : fact) : bool :=
  match P, f with
  | [p; q], Frel RLe c d =>
    match power_of C c, power_of C d with
    | Some (a, x), Some (b, y) =>
      eveq x y &&
      (if enonneg (exponents C) x then entails same G p (Frel RLe (Sq 0) a) && entails same G q (Frel RLe a b)
       else enonneg (exponents C) (evscale (-1) x) && entails same G p (Frel RLt (Sq 0) b) && entails same G q (Frel RLe b a))
    | _, _ => false
    end
  | _, _ => false
  end.
Lemma check_PowMono_ok : forall P G f, check_PowMono P G f = true -> valids P -> valid O G f.
Proof.
  intros P G f h ps. unfold check_PowMono in h. destruct P as [|p [|q []]]; try discriminate.
  destruct f as [[] c d| | | | | | |]; try discriminate.
  destruct (power_of C c) as [[a x]|] eqn:g1; [|discriminate]. destruct (power_of C d) as [[b y]|] eqn:g2; [|discriminate].
  apply andb_prop in h as [h1 h]. destruct (enonneg _ x) eqn:s; start ps e o n k; meaning.
  - rewrite (power_self c a x e o g1), (power_self d b y e o g2), <- (eveq_E bas _ _ h1) by lra.
    apply pw_mono; try assumption. now apply evsign.
  - rewrite (power_self c a x e o g1), (power_self d b y e o g2), <- (eveq_E bas _ _ h1) by lra.
    apply pw_anti; try assumption.
    match goal with r : enonneg _ (evscale _ _) = true |- _ => apply evsign in r; rewrite evminus in r; lra end.
Qed.

(* the weights as they stand in the conclusion, or else as they are usually written *)
Definition weights (theta rest : nat) (r : scal) : scal * scal :=
  let usual := (usual_weight C theta, usual_weight C rest) in
  match r with
  | Sadd (Smul u _) (Smul v _) => if weighs C u (exponent C theta) && weighs C v (exponent C rest) then (u, v) else usual
  | _ => usual
  end.
Definition check_Amgm (theta rest : nat) (P : list sequent) (G : list fact) (f : fact) : bool :=
  match P, f with
  | [p; q], Frel RLe (Smul a b) r =>
    match power_of C a, power_of C b with
    | Some (x, t), Some (z, u) =>
      let (c, d) := weights theta rest r in
      eveq t (exponent C theta) && eveq u (exponent C rest) && eveq (evadd t u) [1%Q]
      && enonneg (exponents C) t && enonneg (exponents C) u && weighs C c t && weighs C d u
      && entails same G p (Frel RLe (Sq 0) x) && entails same G q (Frel RLe (Sq 0) z)
      && same (Frel RLe (Smul a b) (Sadd (Smul c x) (Smul d z))) f
    | _, _ => false
    end
  | _, _ => false
  end.
Lemma check_Amgm_ok : forall theta rest P G f, check_Amgm theta rest P G f = true -> valids P -> valid O G f.
Proof.
  intros theta rest P G f h ps. unfold check_Amgm in h. destruct P as [|p [|q []]]; try discriminate.
  destruct f as [[] [] r| | | | | | |]; try discriminate.
  destruct (power_of C a) as [[x t]|] eqn:g1; [|discriminate]. destruct (power_of C b) as [[z u]|] eqn:g2; [|discriminate].
  destruct (weights theta rest r) as [c d]. start ps e o n k. conclude n. meaning.
  match goal with i : weighs C c t = true, j : weighs C d u = true |- _ =>
    rewrite (weighs_ok c t e o i), (weighs_ok d u e o j) end.
  rewrite (power_self a x t e o g1), (power_self b z u e o g2) by assumption.
  apply amgm; try assumption; try (apply evsign; assumption).
  rewrite <- evadd_E, <- evone. now apply eveq_E.
Qed.

(* ---------------------------------------------------------------- indicators *)

Definition check_IndOne (P : list sequent) (G : list fact) (f : fact) : bool :=
  match P, f with
  | [p], Frel REq (Sind r a b) _ => entails same G p (Frel r a b) && same (Frel REq (Sind r a b) (Sq 1)) f
  | [p], Frel REq (Sindv a b) _ => entails same G p (Fveq a b) && same (Frel REq (Sindv a b) (Sq 1)) f
  | _, _ => false
  end.
Lemma check_IndOne_ok : forall P G f, check_IndOne P G f = true -> valids P -> valid O G f.
Proof.
  intros P G f h ps. unfold check_IndOne in h. destruct P as [|p []]; try discriminate.
  destruct f as [[] [] c| | | | | | |]; try discriminate; start ps e o n k; conclude n; meaning.
  - destruct r; [apply ind_le_one|apply ind_lt_one|apply ind_eq_one]; assumption.
  - now apply ind_veq_one.
Qed.

(* ---------------------------------------------------------------- exponentials *)

Definition check_ExpNegLn (P : list sequent) (G : list fact) (f : fact) : bool :=
  match P, f with
  | [p], Frel REq _ (Spw s k) =>
    eveq (exponent C k) [(-1)%Q] && entails same G p (Frel RLt (Sq 0) s)
    && same (Frel REq (Sexp (Smul (Sq (-1)) (Sln s))) (Spw s k)) f
  | _, _ => false
  end.
Lemma check_ExpNegLn_ok : forall P G f, check_ExpNegLn P G f = true -> valids P -> valid O G f.
Proof.
  intros P G f h ps. unfold check_ExpNegLn in h. destruct P as [|p []]; try discriminate.
  destruct f as [[] a [] | | | | | | |]; try discriminate. start ps e o n i. conclude n. meaning.
  apply exp_neg_ln; [assumption|]. rewrite exponent_ok.
  match goal with q : eveq _ _ = true |- _ => rewrite (eveq_E bas _ _ q) end. simpl. unfold Q2R. simpl. lra.
Qed.

Definition check_ExpMono (P : list sequent) (G : list fact) (f : fact) : bool :=
  match P, f with
  | [p], Frel RLe (Sexp a) (Sexp b) => entails same G p (Frel RLe a b)
  | _, _ => false
  end.
Lemma check_ExpMono_ok : forall P G f, check_ExpMono P G f = true -> valids P -> valid O G f.
Proof.
  intros P G f h ps. unfold check_ExpMono in h. destruct P as [|p []]; try discriminate.
  destruct f as [[] x y | | | | | | |]; try discriminate. destruct x; try discriminate. destruct y; try discriminate.
  start ps e o n k. now apply exp_le.
Qed.

Definition check_ExpAdd (P : list sequent) (G : list fact) (f : fact) : bool :=
  match P, f with
  | [], Frel REq (Smul (Sexp a) (Sexp b)) (Sexp c) => nfeq (Sadd a b) c
  | _, _ => false
  end.
Lemma check_ExpAdd_ok : forall P G f, check_ExpAdd P G f = true -> valids P -> valid O G f.
Proof.
  intros P G f h ps. unfold check_ExpAdd in h. destruct P; [|discriminate].
  destruct f as [[] [] c| | | | | | |]; try discriminate. destruct a; try discriminate. destruct b; try discriminate.
  destruct c; try discriminate. intros e o n k. apply exp_add_eq. exact (nfeq_ok _ _ h e o n).
Qed.

Definition check_ExpTangent (P : list sequent) (G : list fact) (f : fact) : bool :=
  match P, f with
  | [], Frel RLe c (Sexp a) => nfeq (Sadd (Sq 1) a) c
  | _, _ => false
  end.
Lemma check_ExpTangent_ok : forall P G f, check_ExpTangent P G f = true -> valids P -> valid O G f.
Proof.
  intros P G f h ps. unfold check_ExpTangent in h. destruct P; [|discriminate].
  destruct f as [[] c [] | | | | | | |]; try discriminate. intros e o n k. apply exp_tangent_eq. exact (nfeq_ok _ _ h e o n).
Qed.

Definition check_ExpConvex (s a b : scal) (P : list sequent) (G : list fact) (f : fact) : bool :=
  match P with
  | [p; q] =>
    entails same G p (Frel RLe (Sq 0) s) && entails same G q (Frel RLe s (Sq 1))
    && same (Frel RLe (Sexp (Sadd (Smul s a) (Smul (Ssub (Sq 1) s) b)))
                      (Sadd (Smul s (Sexp a)) (Smul (Ssub (Sq 1) s) (Sexp b)))) f
  | _ => false
  end.
Lemma check_ExpConvex_ok : forall s a b P G f, check_ExpConvex s a b P G f = true -> valids P -> valid O G f.
Proof.
  intros s a b P G f h ps. unfold check_ExpConvex in h. destruct P as [|p [|q []]]; try discriminate.
  start ps e o n k. conclude n. apply exp_convex_at. now split.
Qed.

(* exp(x) - 1 - x *)
Definition remainder (x : scal) : scal := Ssub (Ssub (Sexp x) (Sq 1)) x.
Definition check_ExpRemainder (v s x : scal) (P : list sequent) (G : list fact) (f : fact) : bool :=
  match P with
  | [p1; p2; p3; p4; p5] =>
    entails same G p1 (Frel RLe v (Smul s x)) && entails same G p2 (Frel RLe (Smul (Sq (-1)) v) (Smul s x))
    && entails same G p3 (Frel RLe (Sq 0) s) && entails same G p4 (Frel RLe s (Sq 1)) && entails same G p5 (Frel RLe (Sq 0) x)
    && same (Frel RLe (remainder v) (Smul (Spow s 2) (remainder x))) f
  | _ => false
  end.
Lemma check_ExpRemainder_ok : forall v s x P G f, check_ExpRemainder v s x P G f = true -> valids P -> valid O G f.
Proof.
  intros v s x P G f h ps. unfold check_ExpRemainder in h. destruct P as [|p1 [|p2 [|p3 [|p4 [|p5 []]]]]]; try discriminate.
  start ps e o n k. conclude n. now apply exp_remainder_le.
Qed.

Definition check_ExpBernstein (x : scal) (P : list sequent) (G : list fact) (f : fact) : bool :=
  match P with
  | [p] =>
    entails same G p (Frel RLe (Sq 0) x)
    && same (Frel RLe (Smul (Smul (Sq 2) (Ssub (Sq 1) (Smul x (Sq (1 # 3))))) (remainder x)) (Spow x 2)) f
  | _ => false
  end.
Lemma check_ExpBernstein_ok : forall x P G f, check_ExpBernstein x P G f = true -> valids P -> valid O G f.
Proof.
  intros x P G f h ps. unfold check_ExpBernstein in h. destruct P as [|p []]; try discriminate.
  start ps e o n k. conclude n. now apply exp_bernstein_third.
Qed.
End Functions.
