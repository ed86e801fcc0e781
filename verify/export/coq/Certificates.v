(* From one computed answer to each theorem of a file. *)
From Coq Require Import Reals ZArith List Bool.
From Tailcert Require Import Tailcert Terms Shared.
Import ListNotations.
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
