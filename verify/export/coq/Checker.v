(* A step of a certificate by any rule, and the theorem that a step which is accepted is valid. *)
From Coq Require Import Reals ZArith List Bool.
From Tailcert Require Import Tailcert Terms Times Substitute Logic Equality Combination Measure Expectation Functions.
Import ListNotations.

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
