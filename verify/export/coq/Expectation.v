(* The rules of expectation, and Ville's inequality. *)
From Coq Require Import Reals Lra Lia ZArith QArith Qreals List Bool FunctionalExtensionality.
From Tailcert Require Import Tailcert Terms Times Substitute Functions Measure.
Import ListNotations.
Open Scope R_scope.

Section Expectation.
Variable O : objects.
Variable C : context.
Hypothesis TR : truth O C.
Variable same : fact -> fact -> bool.
Hypothesis same_ok : forall f g, same f g = true -> forall e w, natural e -> (holds O f e w <-> holds O g e w).
(* terms with the same normal form *)
Variable nfeq : scal -> scal -> bool.
Hypothesis nfeq_ok : forall x y, nfeq x y = true -> forall e w, natural e -> sden O x e w = sden O y e w.

Notation valids P := (all (fun p : sequent => valid O (fst p) (snd p)) P).
Ltac ands := repeat match goal with h : _ &&& _ = true |- _ => apply lazy_and in h as [? ?] end.
Lemma premise : forall G p f, entails same G p f = true -> valid O (fst p) (snd p) -> valid O G f.
Proof. exact (entails_ok O same same_ok). Qed.
Lemma conclude : forall G f g, same f g = true -> valid O G f -> valid O G g.
Proof. intros G f g h v e w n k. apply (same_ok _ _ h e w n). now apply v. Qed.

(* ---------------------------------------------------------------- dominated terms *)

Definition right_side (f : fact) : option scal := match f with Frel _ _ D => Some D | _ => None end.
Definition bounds (s : time) (x : bounded) (D : scal) : bool :=
  match b_other x with Some D' => nfeq D D' &&& dominating C s D' | None => dominating C s D end.
(* the premises p and q say X <= D and -X <= D *)
Definition dominates (s : time) (G : list fact) (x : bounded) (X : scal) (p q : sequent) : bool :=
  match right_side (snd p) with
  | Some D => meas_s C [] (b_time x) X &&& entails same G p (Frel RLe X D) &&& entails same G q (Frel RLe (Smul (Sq (-1)) X) D)
              &&& bounds s x D
  | None => false
  end.
Lemma bounds_ok : forall s x D e, bounds s x D = true -> natural e ->
  Dominating (xi O C) (alpha O) (tden O s e) (fun w => sden O D e w).
Proof.
  intros s x D e h n. unfold bounds in h. destruct (b_other x) as [D'|]; [|now apply dominating_ok]. ands.
  apply d_ext with (fun w => sden O D' e w); [|now apply dominating_ok]. intros w. now apply nfeq_ok.
Qed.
Lemma dominates_ok : forall s G x X p q e, dominates s G x X p q = true -> valid O (fst p) (snd p) -> valid O (fst q) (snd q) ->
  natural e -> Dominated (xi O C) (alpha O) (tden O s e) (fun w => all_hold O G e w) (fun w => sden O X e w).
Proof.
  intros s G x X p q e h v u n. unfold dominates in h. destruct (right_side (snd p)) as [D|]; [|discriminate]. ands.
  apply dominated_by with (fun w => sden O D e w).
  - apply (random_at (tden O (b_time x) e)). now apply (meas_s_ok C O TR).
  - now apply (bounds_ok s x).
  - intros w g. split; [exact (premise G p _ H2 v e w n g)|exact (premise G q _ H1 u e w n g)].
Qed.

(* ---------------------------------------------------------------- the expectation is monotone *)

Definition weak (r : rel) : bool := match r with RLt => false | _ => true end.
Definition check_emono (x y : bounded) (P : list sequent) (G : list fact) (f : fact) : bool :=
  match P, f with
  | [p0; p1; p2; p3; p4], Frel r (SE s X) (SE s' Y) =>
    weak r &&& teq s s' &&& entails same G p0 (Frel r X Y) &&& meas_facts C s G
    &&& dominates s G x X p1 p2 &&& dominates s G y Y p3 p4
  | _, _ => false
  end.
Lemma check_emono_ok : forall x y P G f, check_emono x y P G f = true -> valids P -> valid O G f.
Proof.
  intros x y P G f h v. unfold check_emono in h.
  destruct P as [|p0 [|p1 [|p2 [|p3 [|p4 [|? ?]]]]]]; try discriminate. destruct f; try discriminate.
  destruct a; try discriminate. destruct b; try discriminate. ands. simpl in v.
  destruct v as (v0 & v1 & v2 & v3 & v4 & _). intros e w n g.
  pose proof (premise _ _ _ H3 v0) as K. pose proof (meas_facts_ok C O TR t G e H2 n) as M. pose proof (t_noise O C TR) as N.
  pose proof (dominates_ok _ _ _ _ _ _ e H1 v1 v2 n) as X. pose proof (dominates_ok _ _ _ _ _ _ e H0 v3 v4 n) as Y.
  cbn [holds sden]. rewrite <- (teq_ok O e _ _ H4). destruct r; [|discriminate|].
  - apply (E_mono _ _ _ _ _ _ N M X Y); [|exact g]. intros u k. exact (K e u n k).
  - apply (E_equal _ _ _ _ _ _ N M X Y); [|exact g]. intros u k. exact (K e u n k).
Qed.

(* ---------------------------------------------------------------- the expectation is linear *)

Definition is_one (X : scal) : bool := match X with Sq (Zpos xH # xH) => true | _ => false end.
Lemma is_one_ok : forall X, is_one X = true -> X = Sq 1.
Proof. intros [[[|[]|] []]| | | | | | | | | | | | | | | | | |] h; try discriminate; reflexivity. Qed.
Fixpoint linear (s : time) (G : list fact) (parts : list (scal * scal)) (ds : list bounded) (P : list sequent) : bool :=
  match parts with
  | [] => true
  | (c, X) :: parts' =>
    meas_s C [] s c &&&
    (if is_one X then linear s G parts' ds P else
     match ds, P with d :: ds', p :: q :: P' => dominates s G d X p q &&& linear s G parts' ds' P' | _, _ => false end)
  end.
Definition sum_of (parts : list (scal * scal)) : scal :=
  fold_right (fun cX acc => Sadd (Smul (fst cX) (snd cX)) acc) (Sq 0) parts.
Definition expected (s : time) (X : scal) : scal := if is_one X then Sq 1 else SE s X.
Definition check_elin (parts : list (scal * scal)) (ds : list bounded) (P : list sequent) (G : list fact) (f : fact) : bool :=
  match f with
  | Frel REq (SE s Z) R =>
    meas_facts C s G &&& linear s G parts ds P &&& nfeq Z (sum_of parts) &&&
    nfeq (sum_of (map (fun cX => (fst cX, expected s (snd cX))) parts)) R
  | _ => false
  end.
Definition meanings (e : env) (parts : list (scal * scal)) : list ((Omega -> R) * (Omega -> R)) :=
  map (fun cX => ((fun w => sden O (fst cX) e w), (fun w => sden O (snd cX) e w))) parts.
Lemma linear_ok : forall s G e, natural e -> forall parts ds P, linear s G parts ds P = true -> valids P ->
  parts_ok (xi O C) (alpha O) (tden O s e) (fun w => all_hold O G e w) (meanings e parts).
Proof.
  intros s G e n. induction parts as [|[c X] parts IH]; intros ds P h v; [exact I|]. cbn [linear] in h. ands.
  cbn [meanings map fst snd parts_ok]. split; [now apply (meas_s_ok C O TR)|]. destruct (is_one X) eqn:o.
  - apply is_one_ok in o. subst X. split; [apply dominated_one|now apply (IH ds P)].
  - destruct ds as [|d ds]; [discriminate|]. destruct P as [|p [|q P]]; try discriminate. ands. destruct v as (v1 & v2 & v3).
    split; [now apply (dominates_ok s G d X p q)|now apply (IH ds P)].
Qed.
Lemma sum_of_ok : forall parts e w, sden O (sum_of parts) e w = combination (meanings e parts) w.
Proof. intros parts e w. induction parts as [|[c X] parts IH]; [reflexivity|]. simpl in *. now rewrite IH. Qed.
Lemma expected_ok : forall s parts e w,
  sden O (sum_of (map (fun cX => (fst cX, expected s (snd cX))) parts)) e w = combination_E (tden O s e) (meanings e parts) w.
Proof.
  intros s parts e w. induction parts as [|[c X] parts IH]; [reflexivity|]. simpl in *. rewrite IH. f_equal. f_equal.
  unfold expected. destruct (is_one X) eqn:o; [|reflexivity]. apply is_one_ok in o. subst X. symmetry. apply E_one.
Qed.
Lemma check_elin_ok : forall parts ds P G f, check_elin parts ds P G f = true -> valids P -> valid O G f.
Proof.
  intros parts ds P G f h v. unfold check_elin in h. destruct f; try discriminate. destruct r; try discriminate.
  destruct a; try discriminate. ands. intros e w n g. cbn [holds rel_den sden].
  rewrite <- (nfeq_ok _ _ H0 e w n), expected_ok,
    <- (E_lin _ _ _ _ _ (t_noise O C TR) (meas_facts_ok C O TR _ _ e H n) (linear_ok _ _ e n _ _ _ H2 v) w g).
  apply E_ext. intros u. rewrite <- sum_of_ok. now apply nfeq_ok.
Qed.

(* ---------------------------------------------------------------- the expectation of a vector *)

Definition check_evec (x : bounded) (P : list sequent) (G : list fact) (f : fact) : bool :=
  match P, f with
  | [p], Frel REq (Sinner a (VE s v)) _ =>
    match right_side (snd p) with
    | Some D =>
      entails same G p (Frel RLe (Snorm v) D) &&& meas_facts C s G &&& meas_v C [] s a &&& meas_v C [] (b_time x) v
      &&& bounds s x D &&& same (Frel REq (Sinner a (VE s v)) (SE s (Sinner a v))) f
    | None => false
    end
  | _, _ => false
  end.
Lemma check_evec_ok : forall x P G f, check_evec x P G f = true -> valids P -> valid O G f.
Proof.
  intros x P G f h v. unfold check_evec in h. destruct P as [|p [|? ?]]; try discriminate. destruct f; try discriminate.
  destruct r; try discriminate. destruct a; try discriminate. destruct w; try discriminate.
  destruct (right_side (snd p)) as [D|]; [|discriminate]. ands. apply (conclude _ _ _ H0). destruct v as [v _]. intros e u n g.
  pose proof (premise _ _ _ H v) as K. cbn [holds rel_den sden vden].
  apply (E_vec _ _ _ _ _ (fun u => vden O w e u) (fun u => sden O D e u) (t_noise O C TR) (meas_facts_ok C O TR _ _ e H4 n)
           (meas_v_ok C O TR _ _ e H3 n)); [| | |exact g].
  - apply (randomV_at (tden O (b_time x) e)). now apply (meas_v_ok C O TR).
  - now apply (bounds_ok t x).
  - intros o k. exact (K e o n k).
Qed.

(* ---------------------------------------------------------------- Ville's inequality *)

Definition bounded_sums (t T N : positive) (Y A : scal) : fact :=
  Fwhp (Sexp (Smul (Sq (-1)) A)) (FallN T (Fimp (Frel RLe (Sn (TV T)) (Sn (TI N))) (Frel RLe (SSum t (TV T) Y) A))).
Definition check_ville (t T N : positive) (Y A : scal) (x : bounded) (P : list sequent) (G : list fact) (f : fact) : bool :=
  match P with
  | [p0; p1; p2; p3] =>
    let past := TA (TV t) (TC (-1)) in
    negb (socc KN T Y) &&& negb (socc KN T A) &&& det_s A &&& meas_s C [] (TV t) Y
    &&& entails same [] p0 (Frel RLe (SE past (Sexp Y)) (Sq 1)) &&& dominates past [] x (Sexp Y) p1 p2
    &&& entails same [] p3 (Frel RLe (Sq 0) A) &&& same (bounded_sums t T N Y A) f
  | _ => false
  end.
Lemma check_ville_ok : forall t T N Y A x P G f, check_ville t T N Y A x P G f = true -> valids P -> valid O G f.
Proof.
  intros t T N Y A x P G f h v. unfold check_ville in h. destruct P as [|p0 [|p1 [|p2 [|p3 [|? ?]]]]]; try discriminate.
  cbv zeta in h. ands. simpl in v. destruct v as (v0 & v1 & v2 & v3 & _).
  repeat match goal with h : negb _ = true |- _ => apply negb_true_iff in h end.
  apply (conclude _ _ _ H0). intros e w n _.
  pose proof (premise _ _ _ H3 v0) as K0. pose proof (premise _ _ _ H1 v3 e w n I) as K3.
  assert (now : forall j, tden O (TV t) (set_n e t j) = j) by (intros j; simpl; unfold upd; now rewrite Pos.eqb_refl).
  assert (past : forall j, tden O (TA (TV t) (TC (-1))) (set_n e t j) = (j + -1)%Z) by (intros j; now rewrite <- (now j) at 2).
  pose proof (ville (xi O C) (alpha O) (fun j u => sden O Y (set_n e t j) u) (sden O A e w) (int O N) (t_noise O C TR)) as L.
  assert (goal : forall u j, (0 <= j)%Z -> IZR j <= IZR (int O N) -> Rsum j (fun i => sden O Y (set_n e t i) u) <= sden O A e w ->
    Rsum (tden O (TV T) (set_n e T j)) (fun i => sden O Y (set_n (set_n e T j) t i) u) <= sden O A (set_n e T j) u).
  { intros u j _ _ h. rewrite socc_ok by assumption. rewrite (proj1 (det_ok O) A H5 e u w).
    replace (tden O (TV T) (set_n e T j)) with j by (simpl; unfold upd; now rewrite Pos.eqb_refl).
    replace (fun i => sden O Y (set_n (set_n e T j) t i) u) with (fun i => sden O Y (set_n e t i) u); [exact h|].
    apply functional_extensionality. intros i. apply sden_agree. repeat split; intros y o; simpl; unfold upd; try reflexivity.
    destruct (Pos.eqb y t); [reflexivity|]. destruct (Pos.eqb y T) eqn:q; [|reflexivity].
    apply Pos.eqb_eq in q. subst y. congruence. }
  cbn [bounded_sums holds sden]. eapply whp_weaken; [apply L| |apply Rle_refl].
  - intros j p. rewrite <- (now j) at 1. apply (meas_s_ok C O TR); [assumption|now apply natural_set].
  - intros j p. rewrite <- (past j).
    exact (dominates_ok _ _ _ _ _ _ (set_n e t j) H2 v1 v2 (natural_set _ _ _ n p)).
  - intros j u p. rewrite <- (past j). exact (K0 (set_n e t j) u (natural_set _ _ _ n p) I).
  - exact K3.
  - intros u g j p. cbn [holds rel_den sden]. rewrite !rden_tden. intros l. apply goal; [exact p| |].
    + simpl in l. unfold upd in l. now rewrite Pos.eqb_refl in l.
    + apply g; [exact p|]. simpl in l. unfold upd in l. now rewrite Pos.eqb_refl in l.
Qed.
End Expectation.
