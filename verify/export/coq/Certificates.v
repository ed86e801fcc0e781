(* A step of a certificate by any rule; then all steps of certificates that share some: a step bears a label, the certificates that
   use it, and rests on what all of these assume. *)
From Coq Require Import Reals ZArith Lia List Bool FMapPositive.
From Tailcert Require Import Tailcert Terms Substitute Logic Equality Combination Functions Expectation.
Import ListNotations.

(* ---------------------------------------------------------------- a step *)

Section Checker.
Variable C : context.
Let same := same_fact C.
Let nfeq := equal_by_levels C.
Let meas := meas_v C [].
Definition follows (r : rule) (P : list sequent) (G : list fact) (f : fact) : bool :=
  match r with
  | Given k => check_given C same k P G f
  | Assume => check_assume same P G f
  | Define k t b => check_define C same k t b P G f
  | Intro => check_intro same P G f
  | Elim l => check_elim C same meas l P G f
  | Cases p q => check_cases same p q P G f
  | Conj => check_conj same P G f
  | Pick => check_pick same P G f
  | Induct t => check_induct same t P G f
  | InductStrong T t H => check_induct_strong same T t H P G f
  | Absurd => check_absurd C same P G f
  | Combine t s i q v => check_combine C same P t s i q v G f
  | CombineVec q => check_combine_vec C same P q G f
  | CauchySchwarz => check_CauchySchwarz same P G f
  | PowPos => check_PowPos C same P G f
  | PowSplit => check_PowSplit C same P G f
  | PowMono => check_PowMono C same P G f
  | Amgm theta rest => check_Amgm C same theta rest P G f
  | IndOne => check_IndOne same P G f
  | ExpNegLn => check_ExpNegLn C same P G f
  | ExpMono => check_ExpMono same P G f
  | ExpAdd => check_ExpAdd nfeq P G f
  | ExpTangent => check_ExpTangent nfeq P G f
  | ExpConvex s a b => check_ExpConvex same s a b P G f
  | ExpRemainder v s x => check_ExpRemainder same v s x P G f
  | ExpBernstein x => check_ExpBernstein same x P G f
  | SumZero => check_sum_zero same P G f
  | SumStep => check_sum_step C same P G f
  | InnerSum => check_inner_sum same P G f
  | EMono x y => check_emono C same nfeq x y P G f
  | ELin parts d => check_elin C same nfeq parts d P G f
  | EVec x => check_evec C same nfeq x P G f
  | Ville t T N Y A x => check_ville C same nfeq t T N Y A x P G f
  | Whp => check_whp same P G f
  end.

Variable O : objects.
Hypothesis TR : truth O C.
Lemma same_ok : forall f g, same f g = true -> forall e w, natural e -> (holds O f e w <-> holds O g e w).
Proof. exact (same_fact_ok C O TR). Qed.
Lemma nfeq_ok : forall x y, nfeq x y = true -> forall e w, natural e -> sden O x e w = sden O y e w.
Proof. intros x y h e w n. exact (equal_by_levels_ok C O TR x y h e w n). Qed.
Lemma meas_ok : forall t u e, meas t u = true -> natural e -> MeasV (tden O t e) (fun w => vden O u e w).
Proof. exact (meas_v_ok C O TR). Qed.
Lemma follows_ok : forall r P G f, follows r P G f = true -> all (fun p => valid O (fst p) (snd p)) P -> valid O G f.
Proof.
  intros r P G f h v. destruct r; cbn [follows] in h.
  - eapply check_given_ok; eauto using same_ok.
  - eapply check_assume_ok; eauto using same_ok.
  - eapply check_define_ok; eauto using same_ok.
  - eapply check_intro_ok; eauto using same_ok.
  - eapply check_elim_ok; eauto using same_ok, meas_ok.
  - eapply check_cases_ok; eauto using same_ok.
  - eapply check_conj_ok; eauto using same_ok.
  - eapply check_pick_ok; eauto using same_ok.
  - eapply check_induct_ok; eauto using same_ok.
  - eapply check_induct_strong_ok; eauto using same_ok.
  - eapply check_absurd_ok; eauto using same_ok.
  - eapply check_combine_ok; eauto using same_ok.
  - eapply check_combine_vec_ok; eauto using same_ok.
  - eapply check_CauchySchwarz_ok; eauto using same_ok.
  - eapply check_PowPos_ok; eauto using same_ok.
  - eapply check_PowSplit_ok; eauto using same_ok.
  - eapply check_PowMono_ok; eauto using same_ok.
  - eapply check_Amgm_ok; eauto using same_ok.
  - eapply check_IndOne_ok; eauto using same_ok.
  - eapply check_ExpNegLn_ok; eauto using same_ok.
  - eapply check_ExpMono_ok; eauto using same_ok.
  - eapply check_ExpAdd_ok; eauto using nfeq_ok.
  - eapply check_ExpTangent_ok; eauto using nfeq_ok.
  - eapply check_ExpConvex_ok; eauto using same_ok.
  - eapply check_ExpRemainder_ok; eauto using same_ok.
  - eapply check_ExpBernstein_ok; eauto using same_ok.
  - eapply check_sum_zero_ok; eauto using same_ok.
  - eapply check_sum_step_ok; eauto using same_ok.
  - eapply check_inner_sum_ok; eauto using same_ok.
  - eapply check_emono_ok; eauto using same_ok, nfeq_ok.
  - eapply check_elin_ok; eauto using same_ok, nfeq_ok.
  - eapply check_evec_ok; eauto using same_ok, nfeq_ok.
  - eapply check_ville_ok; eauto using same_ok, nfeq_ok.
  - eapply check_whp_ok; eauto using same_ok.
Qed.
End Checker.

(* ---------------------------------------------------------------- parts of a list, by the bits of a number *)

Fixpoint selected {A} (k : N) (l : list A) : list A :=
  match l with [] => [] | a :: r => if N.odd k then a :: selected (N.div2 k) r else selected (N.div2 k) r end.
Definition within (j k : N) : bool := N.eqb (N.land j k) j.
Lemma within_bit : forall j k i, within j k = true -> N.testbit j i = true -> N.testbit k i = true.
Proof.
  intros j k i h b. apply N.eqb_eq in h. rewrite <- h, N.land_spec in b. now apply andb_prop in b.
Qed.
Lemma selected_all : forall A (P : A -> Prop) l j k, (forall i, N.testbit j i = true -> N.testbit k i = true) ->
  all P (selected k l) -> all P (selected j l).
Proof.
  intros A P l. induction l as [|a l IH]; intros j k h g; [exact I|]. simpl in *.
  assert (h' : forall i, N.testbit (N.div2 j) i = true -> N.testbit (N.div2 k) i = true).
  { intros i. rewrite !N.div2_spec, !N.shiftr_spec'. apply h. }
  pose proof (h 0%N) as h0. rewrite !N.bit0_odd in h0.
  destruct (N.odd j), (N.odd k); simpl in *; try (discriminate (h0 eq_refl)).
  - destruct g as [g1 g2]. split; [exact g1|]. exact (IH _ _ h' g2).
  - destruct g as [g1 g2]. exact (IH _ _ h' g2).
  - exact (IH _ _ h' g).
Qed.

Definition part_within (p q : part) : bool :=
  within (in_signs p) (in_signs q) && within (in_minima p) (in_minima q) &&
  within (in_scalar_functions p) (in_scalar_functions q) && within (in_vector_functions p) (in_vector_functions q) &&
  within (in_processes p) (in_processes q) && within (in_givens p) (in_givens q).

Section Shared.
Variable A : pool.
Variable noise_is : positive.
Variable T : table.
Variable M : list R.
Definition of_part (p : part) : context :=
  {| signs_of := selected (in_signs p) (all_signs A); minima := selected (in_minima p) (all_minima A);
     scalar_functions := selected (in_scalar_functions p) (all_scalar_functions A);
     vector_functions := selected (in_vector_functions p) (all_vector_functions A); noise_name := noise_is;
     processes := selected (in_processes p) (all_processes A); givens := selected (in_givens p) (all_givens A);
     exponents := T; more := M |}.
Lemma part_truth : forall O p q, part_within p q = true -> truth O (of_part q) -> truth O (of_part p).
Proof.
  intros O p q h t. unfold part_within in h. repeat (apply andb_prop in h as [h ?]). destruct t. constructor; simpl in *; try assumption;
  (eapply selected_all; [intros ?; apply within_bit; eassumption | assumption]).
Qed.

(* the certificates of a label assume what it says *)
Definition label_ok (parts : list part) (x : label) : bool :=
  forallb (fun p => part_within (snd x) p) (selected (fst x) parts).
Definition known := PositiveMap.t (N * sequent).
Fixpoint resolved (k : N) (m : known) (l : list positive) : option (list sequent) :=
  match l with
  | [] => Some []
  | n :: r => match PositiveMap.find n m with
              | Some (j, q) => if within k j then match resolved k m r with Some Q => Some (q :: Q) | None => None end else None
              | None => None end
  end.
Fixpoint run_steps (k : N) (C : context) (l : list proof_step) (n : positive) (m : known) : option (positive * known) :=
  match l with
  | [] => Some (n, m)
  | s :: l' =>
    match resolved k m (s_premises s) with
    | Some P => if follows C (s_rule s) P (s_hyps s) (s_concl s)
                then run_steps k C l' (Pos.succ n) (PositiveMap.add n (k, (s_hyps s, s_concl s)) m) else None
    | None => None
    end
  end.
Fixpoint run_groups (parts : list part) (l : list (label * list proof_step)) (n : positive) (m : known) : option known :=
  match l with
  | [] => Some m
  | (x, s) :: l' =>
    if label_ok parts x then
      match run_steps (fst x) (of_part (snd x)) s n m with Some (n', m') => run_groups parts l' n' m' | None => None end
    else None
  end.
(* the last step of each certificate, and what it says *)
Fixpoint run_claims (m : known) (parts : list part) (i : N) (l : list (positive * fact)) : bool :=
  match parts, l with
  | p :: parts', (n, f) :: l' =>
    match PositiveMap.find n m with
    | Some (j, ([], g)) => N.testbit j i && Equality.same_fact (of_part p) g f
    | _ => false
    end && run_claims m parts' (N.succ i) l'
  | [], [] => true
  | _, _ => false
  end.
Definition all_proved (parts : list part) (l : list (label * list proof_step)) (claims : list (positive * fact)) : bool :=
  match run_groups parts l 1 (PositiveMap.empty (N * sequent)) with Some m => run_claims m parts 0 claims | None => false end.

Section Sound.
Variable O : objects.
Variable i : N.
Definition good (m : known) : Prop :=
  forall n j q, PositiveMap.find n m = Some (j, q) -> N.testbit j i = true -> valid O (fst q) (snd q).
Lemma resolved_ok : forall k m l P, resolved k m l = Some P -> good m -> N.testbit k i = true ->
  all (fun p => valid O (fst p) (snd p)) P.
Proof.
  intros k m. induction l as [|n l IH]; intros P h g b; simpl in h; [injection h as <-; exact I|].
  destruct (PositiveMap.find n m) as [[j q]|] eqn:F; [|discriminate]. destruct (within k j) eqn:W; [|discriminate].
  destruct (resolved k m l) as [Q|]; [|discriminate]. injection h as <-.
  split; [exact (g n j q F (within_bit _ _ _ W b))|now apply (IH Q)].
Qed.
Lemma run_steps_ok : forall k C, (N.testbit k i = true -> truth O C) ->
  forall l n m n' m', run_steps k C l n m = Some (n', m') -> good m -> good m'.
Proof.
  intros k C t. induction l as [|s l IH]; intros n m n' m' h g; simpl in h; [injection h as <- <-; exact g|].
  destruct (resolved k m (s_premises s)) as [P|] eqn:R; [|discriminate].
  destruct (follows C (s_rule s) P (s_hyps s) (s_concl s)) eqn:F; [|discriminate].
  apply (IH _ _ _ _ h). intros a j q. destruct (Pos.eq_dec a n) as [->|ne].
  - rewrite PositiveMap.gss. intros [= <- <-] b. exact (follows_ok C O (t b) _ _ _ _ F (resolved_ok k m _ P R g b)).
  - rewrite PositiveMap.gso by exact ne. apply g.
Qed.
Lemma selected_In : forall A (l : list A) k p n, nth_error l n = Some p -> N.testbit k (N.of_nat n) = true -> List.In p (selected k l).
Proof.
  intros B l. induction l as [|a l IH]; intros k p [|n] h b; try discriminate; simpl in *.
  - injection h as ->. rewrite N.bit0_odd in b. rewrite b. now left.
  - assert (c : List.In p (selected (N.div2 k) l)).
    { apply (IH _ _ n h). rewrite N.div2_spec, N.shiftr_spec'. rewrite N.add_1_r, <- Nnat.Nat2N.inj_succ. exact b. }
    destruct (N.odd k); [now right|exact c].
Qed.
Variable parts : list part.
Variable p : part.
Variable index : nat.
Hypothesis IS : i = N.of_nat index.
Hypothesis AT : nth_error parts index = Some p.
Hypothesis TR : truth O (of_part p).
Lemma run_groups_ok : forall l n m m', run_groups parts l n m = Some m' -> good m -> good m'.
Proof.
  induction l as [|[x s] l IH]; intros n m m' h g; simpl in h; [injection h as <-; exact g|].
  destruct (label_ok parts x) eqn:L; [|discriminate]. destruct (run_steps _ _ s n m) as [[n1 m1]|] eqn:S; [|discriminate].
  apply (IH _ _ _ h). apply (run_steps_ok (fst x) (of_part (snd x))) with s n m n1; [|exact S|exact g].
  intros b. rewrite IS in b. unfold label_ok in L. rewrite forallb_forall in L.
  exact (part_truth O _ p (L p (selected_In _ parts (fst x) p index AT b)) TR).
Qed.
End Sound.

Lemma run_claims_ok : forall m parts i l, run_claims m parts i l = true -> forall k p n f, nth_error parts k = Some p ->
  nth_error l k = Some (n, f) -> exists j g, PositiveMap.find n m = Some (j, ([], g)) /\ N.testbit j (i + N.of_nat k) = true /\
  Equality.same_fact (of_part p) g f = true.
Proof.
  intros m. induction parts as [|p parts IH]; intros i [|[n f] l] h [|k] q a b hp hl; try discriminate; simpl in *.
  - injection hp as <-. injection hl as <- <-. apply andb_prop in h as [h _].
    destruct (PositiveMap.find n m) as [[j [[|? ?] g]]|]; try discriminate. apply andb_prop in h as [h1 h2].
    exists j, g. rewrite N.add_0_r. auto.
  - apply andb_prop in h as [_ h]. destruct (IH _ _ h k q a b hp hl) as (j & g & h1 & h2 & h3). exists j, g.
    repeat split; try assumption. now replace (i + N.pos (Pos.of_succ_nat k))%N with (N.succ i + N.of_nat k)%N by lia.
Qed.
Theorem all_proved_ok : forall parts l claims, all_proved parts l claims = true ->
  forall k p n f, nth_error parts k = Some p -> nth_error claims k = Some (n, f) ->
  forall O, truth O (of_part p) -> forall e w, natural e -> holds O f e w.
Proof.
  intros parts l claims h k p n f hp hl O TR e w N. unfold all_proved in h.
  destruct (run_groups parts l 1 _) as [m|] eqn:R; [|discriminate].
  destruct (run_claims_ok _ _ _ _ h k p n f hp hl) as (j & g & h1 & h2 & h3).
  assert (G : good O (N.of_nat k) m).
  { apply (run_groups_ok O (N.of_nat k) parts p k eq_refl hp TR _ _ _ _ R). intros a b c F. rewrite PositiveMap.gempty in F. discriminate. }
  apply (same_ok (of_part p) O TR _ _ h3 e w N). exact (G n j ([], g) h1 h2 e w N I).
Qed.
End Shared.

(* ---------------------------------------------------------------- from the computed answer to each theorem of a file *)

Open Scope R_scope.
Definition none : env := {| ni := fun _ => 0%Z; vv := fun _ => vzero; rv := fun _ _ => vzero |}.
Lemma none_natural : natural none.
Proof. intros x. apply Z.le_refl. Qed.
Section Proved.
Variable A : pool.
Variable noise_is : positive.
Variable T : table.
Variable M : list R.
Variable parts : list part.
Variable groups : list (label * list proof_step).
Variable claims : list (positive * fact).
Hypothesis checked : all_proved A noise_is T M parts groups claims = true.
(* what certificate k proves *)
Definition proved k p n f (hp : nth_error parts k = Some p) (hf : nth_error claims k = Some (n, f))
    O (h : truth O (of_part A noise_is T M p)) (w : Omega) : holds O f none w :=
  all_proved_ok A noise_is T M parts groups claims checked k p n f hp hf O h none w none_natural.
End Proved.

(* The hypotheses of a statement one by one, as arguments: a tuple of them would repeat the types of all that follow. *)
Fixpoint given_all {A} (P : A -> Prop) (l : list A) (Q : Prop) : Prop :=
  match l with [] => Q | a :: r => P a -> given_all P r Q end.
Lemma given_all_of : forall A (P : A -> Prop) l (Q : Prop), (all P l -> Q) -> given_all P l Q.
Proof. induction l as [|a l IH]; intros Q h; [exact (h I)|]. intros p. apply IH. intros r. apply h. now split. Qed.
Section Truth.
Variable O : objects.
Variable C : context.
Definition says_sign (k : positive * nat) : Prop :=
  match snd k with 1%nat => 0 <= par O (fst k) | 2%nat => 0 < par O (fst k) | _ => True end.
Definition says_minimum (k : positive * Z) : Prop := (snd k <= int O (fst k))%Z.
Definition says_adapted (p : process) : Prop :=
  forall t, if p_vector p then adapted (t + p_level p)%Z (pv O (p_name p) t)
            else adapted_scalar (t + p_level p)%Z (ps O (p_name p) t).
Lemma truth_by :
  given_all says_sign (signs_of C) (given_all says_minimum (minima C)
  (given_all (fun k => Borel (fs O k)) (scalar_functions C) (given_all (fun k => BorelV (fv O k)) (vector_functions C)
  (noise (xi O C) (alpha O) -> given_all says_adapted (processes C)
  (given_all (fun p => match p_base p with
                       | Some x => forall e t w, (t < p_start p)%Z -> value_is O p t w x e
                       | None => True end) (processes C)
  (given_all (fun p => forall e t w, (p_start p <= t)%Z -> value_is O p t w (p_step p) (set_n e 1 t)) (processes C)
  (given_all (fun f => forall e w, holds O f e w) (givens C)
  (table_ok (alpha O) (more C) (exponents C) (etv O) -> truth O C)))))))).
Proof.
  repeat (apply given_all_of; intros ?). intros n. repeat (apply given_all_of; intros ?). intros t. now constructor.
Qed.
End Truth.
