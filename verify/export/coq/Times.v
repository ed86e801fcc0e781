(* Times as linear forms: comparison, substitution, and the form in which they are written. *)
From Coq Require Import Reals Lra Lia ZArith List Bool FunctionalExtensionality.
From Tailcert Require Import Tailcert Terms.
Import ListNotations.
Open Scope Z_scope.
#[local] Arguments Z.mul : simpl never.
#[local] Arguments Z.add : simpl never.

Lemma rden_tden : forall O t e, rden O t e = IZR (tden O t e).
Proof.
  intros O t e. induction t; simpl; try reflexivity.
  - now rewrite plus_IZR, IHt1, IHt2.
  - now rewrite mult_IZR, IHt.
Qed.

(* a variable (false) or a declared integer (true) *)
Definition unknown := (bool * positive)%type.
Definition ucmp (a b : unknown) : comparison :=
  match fst a, fst b with
  | false, true => Lt
  | true, false => Gt
  | _, _ => Pos.compare (snd a) (snd b)
  end.
Lemma ucmp_eq : forall a b, ucmp a b = Eq -> a = b.
Proof. intros [[] x] [[] y] h; unfold ucmp in h; simpl in h; try discriminate; apply Pos.compare_eq in h; now subst. Qed.
Definition form := (list (unknown * Z) * Z)%type.
Fixpoint fins (u : unknown) (k : Z) (l : list (unknown * Z)) : list (unknown * Z) :=
  match l with
  | [] => [(u, k)]
  | (v, j) :: r => match ucmp u v with Eq => (v, k + j) :: r | Lt => (u, k) :: l | Gt => (v, j) :: fins u k r end
  end.
Fixpoint lin (t : time) : form :=
  match t with
  | TV x => ([((false, x), 1)], 0)
  | TI x => ([((true, x), 1)], 0)
  | TC c => ([], c)
  | TA a b => let (l, c) := lin a in let (m, d) := lin b in (fold_right (fun uk acc => fins (fst uk) (snd uk) acc) m l, c + d)
  | TM k a => let (l, c) := lin a in (map (fun uk => (fst uk, k * snd uk)) l, k * c)
  end.
Definition uval (O : objects) (e : env) (u : unknown) : Z := if fst u then int O (snd u) else ni e (snd u).
Fixpoint lval (O : objects) (e : env) (l : list (unknown * Z)) : Z :=
  match l with [] => 0 | (u, k) :: r => k * uval O e u + lval O e r end.
Lemma fins_ok : forall O e u k l, lval O e (fins u k l) = k * uval O e u + lval O e l.
Proof.
  intros O e u k l. induction l as [|[v j] l IH]; simpl; [reflexivity|].
  destruct (ucmp u v) eqn:c; simpl; [apply ucmp_eq in c; subst; ring|reflexivity|rewrite IH; ring].
Qed.
Lemma lin_ok : forall O e t, tden O t e = lval O e (fst (lin t)) + snd (lin t).
Proof.
  intros O e t. induction t; simpl; unfold uval; simpl; try ring.
  - destruct (lin t1) as [l c], (lin t2) as [m d]. rewrite IHt1, IHt2. simpl.
    assert (K : lval O e (fold_right (fun uk acc => fins (fst uk) (snd uk) acc) m l) = lval O e l + lval O e m).
    { clear. induction l as [|[u k] l IH]; simpl; [reflexivity|]. rewrite fins_ok, IH. ring. }
    rewrite K. ring.
  - destruct (lin t) as [l c]. rewrite IHt. simpl.
    assert (K : forall m, lval O e (map (fun uk => (fst uk, k * snd uk)) m) = k * lval O e m).
    { clear. induction m as [|[u j] m IH]; simpl; [ring|]. rewrite IH. ring. }
    rewrite K. ring.
Qed.

(* the form in which times are written: variables, integers, then the constant *)
Definition unit (u : unknown) : time := if fst u then TI (snd u) else TV (snd u).
Definition scaled (u : unknown) (k : Z) : time := if Z.eqb k 1 then unit u else TM k (unit u).
Definition nonzero (l : list (unknown * Z)) : list (unknown * Z) := filter (fun uk => negb (Z.eqb (snd uk) 0)) l.
Definition written (f : form) : time :=
  let (l, c) := f in
  match nonzero l with
  | [] => TC c
  | (u, k) :: r => let t := fold_left (fun t uk => TA t (scaled (fst uk) (snd uk))) r (scaled u k) in
                   if Z.eqb c 0 then t else TA t (TC c)
  end.
Lemma scaled_ok : forall O e u k, tden O (scaled u k) e = k * uval O e u.
Proof.
  intros. unfold scaled, unit, uval. destruct (Z.eqb k 1) eqn:h; [apply Z.eqb_eq in h; subst|]; destruct (fst u); simpl; ring.
Qed.
Lemma nonzero_ok : forall O e l, lval O e (nonzero l) = lval O e l.
Proof.
  intros O e l. induction l as [|[u k] l IH]; simpl; [reflexivity|].
  destruct (Z.eqb k 0) eqn:h; simpl; rewrite IH; [apply Z.eqb_eq in h; subst; ring|reflexivity].
Qed.
Lemma written_ok : forall O e f, tden O (written f) e = lval O e (fst f) + snd f.
Proof.
  intros O e [l c]. unfold written. simpl. rewrite <- (nonzero_ok O e l). destruct (nonzero l) as [|[u k] r]; [reflexivity|]. clear l.
  assert (K : forall r t, tden O (fold_left (fun t uk => TA t (scaled (fst uk) (snd uk))) r t) e = tden O t e + lval O e r).
  { clear. induction r as [|[v j] r IH]; intros t; simpl; [ring|]. rewrite IH. simpl. rewrite scaled_ok. ring. }
  cbv zeta. destruct (Z.eqb c 0) eqn:h; cbn [tden]; rewrite K, scaled_ok; simpl; [apply Z.eqb_eq in h; subst|]; ring.
Qed.
Definition canon (t : time) : time := written (lin t).
Lemma canon_ok : forall O t e, tden O (canon t) e = tden O t e.
Proof. intros. unfold canon. now rewrite written_ok, lin_ok. Qed.

(* ---------------------------------------------------------------- comparison *)

Definition teq (a b : time) : bool :=
  if time_eqb a b then true else
  let (l, c) := lin (TA a (TM (-1) b)) in if Z.eqb c 0 then match nonzero l with [] => true | _ => false end else false.
Lemma teq_ok : forall O e a b, teq a b = true -> tden O a e = tden O b e.
Proof.
  intros O e a b h. unfold teq in h. destruct (time_eqb a b) eqn:g; [now rewrite (time_eqb_ok _ _ g)|].
  pose proof (lin_ok O e (TA a (TM (-1) b))) as k. destruct (lin (TA a (TM (-1) b))) as [l c].
  destruct (Z.eqb c 0) eqn:h1; [|discriminate]. apply Z.eqb_eq in h1. cbn [tden fst snd] in k. rewrite <- (nonzero_ok O e l) in k.
  destruct (nonzero l); [|discriminate]. simpl in k. lia.
Qed.
Definition least (C : context) (u : unknown) : option Z :=
  if fst u then match find (fun km => Pos.eqb (snd u) (fst km)) (minima C) with Some km => Some (snd km) | None => None end else Some 0.
Fixpoint low (C : context) (l : list (unknown * Z)) (c : Z) : option Z :=
  match l with
  | [] => Some c
  | (u, k) :: r =>
    if Z.eqb k 0 then low C r c else if Z.ltb k 0 then None else
    match least C u with Some m => low C r (c + k * m) | None => None end
  end.
Definition tnonneg (C : context) (t : time) : bool :=
  let (l, c) := lin t in match low C l c with Some m => Z.leb 0 m | None => false end.
Lemma least_ok : forall O C e u m, truth O C -> natural e -> least C u = Some m -> m <= uval O e u.
Proof.
  intros O C e [[] x] m tr n h; unfold least, uval in *; simpl in *.
  - destruct (find _ (minima C)) as [[k j]|] eqn:f; [|discriminate]. injection h as <-. apply find_some in f as [i q]. simpl in q.
    apply Pos.eqb_eq in q. subst. exact (all_In _ _ _ _ (t_int O C tr) i).
  - injection h as <-. apply n.
Qed.
Lemma low_ok : forall O C e l c m, truth O C -> natural e -> low C l c = Some m -> m <= lval O e l + c.
Proof.
  intros O C e l. induction l as [|[u k] l IH]; intros c m tr n h; simpl in h; [injection h as <-; simpl; lia|].
  simpl. destruct (Z.eqb k 0) eqn:z; [apply Z.eqb_eq in z; subst; pose proof (IH c m tr n h); lia|].
  destruct (Z.ltb k 0) eqn:g; [discriminate|]. apply Z.ltb_ge in g.
  destruct (least C u) as [j|] eqn:q; [|discriminate]. pose proof (IH _ m tr n h). pose proof (least_ok O C e u j tr n q). nia.
Qed.
Lemma tnonneg_ok : forall O C e t, truth O C -> natural e -> tnonneg C t = true -> 0 <= tden O t e.
Proof.
  intros O C e t tr n h. unfold tnonneg in h. rewrite lin_ok. destruct (lin t) as [l c]. destruct (low C l c) as [m|] eqn:q; [|discriminate].
  apply Z.leb_le in h. pose proof (low_ok O C e l c m tr n q). simpl. lia.
Qed.
Definition tle (C : context) (a b : time) : bool := tnonneg C (TA b (TM (-1) a)).
Lemma tle_ok : forall O C e a b, truth O C -> natural e -> tle C a b = true -> tden O a e <= tden O b e.
Proof. intros O C e a b tr n h. apply (tnonneg_ok O C e _ tr n) in h. simpl in h. lia. Qed.

(* ---------------------------------------------------------------- variables *)

Fixpoint toccurs (x : positive) (t : time) : bool :=
  match t with
  | TV y => Pos.eqb y x | TI _ | TC _ => false
  | TA a b => toccurs x a || toccurs x b
  | TM _ a => toccurs x a
  end.
Lemma tden_ext : forall O t e e', (forall x, toccurs x t = true -> ni e x = ni e' x) -> tden O t e = tden O t e'.
Proof.
  intros O t e e' h. induction t; simpl in *; try reflexivity.
  - apply h, Pos.eqb_refl.
  - rewrite IHt1, IHt2; [reflexivity| |]; intros y k; apply h; rewrite k; [apply orb_true_r|reflexivity].
  - now rewrite IHt.
Qed.
Lemma toccurs_ok : forall O x t e j, toccurs x t = false -> tden O t (set_n e x j) = tden O t e.
Proof.
  intros O x t e j h. apply tden_ext. intros y k. simpl. unfold upd. destruct (Pos.eqb y x) eqn:q; [|reflexivity].
  apply Pos.eqb_eq in q. subst. congruence.
Qed.
Fixpoint treplace (x : positive) (r t : time) : time :=
  match t with
  | TV y => if Pos.eqb y x then r else t | TI _ | TC _ => t
  | TA a b => TA (treplace x r a) (treplace x r b)
  | TM k a => TM k (treplace x r a)
  end.
Definition tsub (x : positive) (r t : time) : time := if toccurs x t then canon (treplace x r t) else t.
Lemma tsub_ok : forall O x r t e, tden O (tsub x r t) e = tden O t (set_n e x (tden O r e)).
Proof.
  intros O x r t e. unfold tsub. destruct (toccurs x t) eqn:h; [|now rewrite toccurs_ok]. rewrite canon_ok. clear h.
  induction t; simpl; try reflexivity.
  - unfold upd. destruct (Pos.eqb x0 x); reflexivity.
  - now rewrite IHt1, IHt2.
  - now rewrite IHt.
Qed.
