(* A certificate: steps, each from earlier ones by its rule. *)
From Coq Require Import Reals ZArith List Bool FMapPositive.
From Tailcert Require Import Tailcert Terms Times Substitute Logic.
Import ListNotations.

Section Run.
Variable O : objects.
Variable same : fact -> fact -> bool.
Hypothesis same_ok : forall f g, same f g = true -> forall e w, natural e -> (holds O f e w <-> holds O g e w).
Variable follows : rule -> list sequent -> list fact -> fact -> bool.
Hypothesis follows_ok : forall r P G f, follows r P G f = true -> all (fun p => valid O (fst p) (snd p)) P -> valid O G f.

Fixpoint resolve (m : PositiveMap.t sequent) (l : list positive) : option (list sequent) :=
  match l with [] => Some [] | k :: r => op2 cons (PositiveMap.find k m) (resolve m r) end.
Fixpoint run (l : list proof_step) (n : positive) (m : PositiveMap.t sequent) (last : option sequent) : option sequent :=
  match l with
  | [] => last
  | s :: l' =>
    match resolve m (s_premises s) with
    | Some P =>
      if follows (s_rule s) P (s_hyps s) (s_concl s)
      then let q := (s_hyps s, s_concl s) in run l' (Pos.succ n) (PositiveMap.add n q m) (Some q) else None
    | None => None
    end
  end.
Definition proves (l : list proof_step) (f : fact) : bool :=
  match run l 1 (PositiveMap.empty sequent) None with Some ([], g) => same g f | _ => false end.

Let good (m : PositiveMap.t sequent) : Prop := forall k p, PositiveMap.find k m = Some p -> valid O (fst p) (snd p).
Lemma resolve_ok : forall m l P, resolve m l = Some P -> good m -> all (fun p => valid O (fst p) (snd p)) P.
Proof.
  intros m. induction l as [|k l IH]; intros P h g; simpl in h; [injection h as <-; exact I|].
  apply op2_Some in h as (p & Q & h1 & h2 & ->). split; [exact (g k p h1)|now apply IH].
Qed.
Lemma run_ok : forall l n m last q, run l n m last = Some q -> good m ->
  (forall p, last = Some p -> valid O (fst p) (snd p)) -> valid O (fst q) (snd q).
Proof.
  induction l as [|s l IH]; intros n m last q h g v; simpl in h; [now apply v|].
  destruct (resolve m (s_premises s)) as [P|] eqn:R; [|discriminate].
  destruct (follows (s_rule s) P (s_hyps s) (s_concl s)) eqn:F; [|discriminate].
  pose proof (follows_ok _ _ _ _ F (resolve_ok m _ P R g)) as K. apply (IH _ _ _ _ h); [|intros p [= <-]; exact K].
  intros k p. destruct (Pos.eq_dec k n) as [->|ne]; [rewrite PositiveMap.gss; intros [= <-]; exact K|].
  rewrite PositiveMap.gso by exact ne. apply g.
Qed.
Theorem proves_ok : forall l f, proves l f = true -> forall e w, natural e -> holds O f e w.
Proof.
  intros l f h e w n. unfold proves in h. destruct (run l 1 _ None) as [[[|x G] g]|] eqn:R; try discriminate.
  apply (same_ok _ _ h e w n). apply (run_ok _ _ _ _ _ R); [|discriminate|exact n|exact I].
  intros k p q. rewrite PositiveMap.gempty in q. discriminate.
Qed.
End Run.
