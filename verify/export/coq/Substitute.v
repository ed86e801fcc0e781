(* Times as linear forms; free variables of terms and facts, and substitution for them. *)
From Coq Require Import Reals Lra Lia ZArith List Bool FunctionalExtensionality.
From Tailcert Require Import Tailcert Terms.
Import ListNotations.

(* ---------------------------------------------------------------- times: comparison, substitution, and the form in which they are written *)

Section Times.
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
End Times.

(* ---------------------------------------------------------------- free variables *)

Inductive kind := KN | KV | KR.
Definition is_n (k : kind) : bool := match k with KN => true | _ => false end.
Definition is_v (k : kind) : bool := match k with KV => true | _ => false end.
Definition is_r (k : kind) : bool := match k with KR => true | _ => false end.

(* does the variable x of a kind occur free? *)
Fixpoint socc (k : kind) (x : positive) (a : scal) {struct a} : bool :=
  match a with
  | Sq _ | Sp _ | Sexpo _ => false
  | Sn t | Sproc _ t => is_n k && toccurs x t
  | Sadd a b | Ssub a b | Smul a b | Sind _ a b => socc k x a || socc k x b
  | Spow a _ | Spw a _ | Sexp a | Sln a => socc k x a
  | Sinner a b | Sindv a b => vocc k x a || vocc k x b
  | Snorm a | Sapp _ a => vocc k x a
  | SSum y t b => is_n k && toccurs x t || (negb (is_n k && Pos.eqb y x) && socc k x b)
  | SE t b => is_n k && toccurs x t || socc k x b
  end
with vocc (k : kind) (x : positive) (a : vect) {struct a} : bool :=
  match a with
  | Vp _ => false
  | Vv y => is_v k && Pos.eqb y x
  | Vr y => is_r k && Pos.eqb y x
  | Vproc _ t => is_n k && toccurs x t
  | Vadd a b => vocc k x a || vocc k x b
  | Vscale c a => socc k x c || vocc k x a
  | Vapp _ a => vocc k x a
  | VSum y t b => is_n k && toccurs x t || (negb (is_n k && Pos.eqb y x) && vocc k x b)
  | VE t b => is_n k && toccurs x t || vocc k x b
  end.
Fixpoint focc (k : kind) (x : positive) (f : fact) : bool :=
  match f with
  | Frel _ a b => socc k x a || socc k x b
  | Fveq a b => vocc k x a || vocc k x b
  | Fand f g | Fimp f g => focc k x f || focc k x g
  | FallN y f => negb (is_n k && Pos.eqb y x) && focc k x f
  | FallV y f => negb (is_v k && Pos.eqb y x) && focc k x f
  | FallR y t f => is_n k && toccurs x t || (negb (is_r k && Pos.eqb y x) && focc k x f)
  | Fwhp a f => socc k x a || focc k x f
  end.

(* two environments agree on the free variables of something *)
Definition agree (occ : kind -> positive -> bool) (e e' : env) : Prop :=
  (forall x, occ KN x = true -> ni e x = ni e' x) /\ (forall x, occ KV x = true -> vv e x = vv e' x) /\
  (forall x, occ KR x = true -> rv e x = rv e' x).
Lemma agree_sub : forall o p e e', agree o e e' -> (forall k x, p k x = true -> o k x = true) -> agree p e e'.
Proof. intros o p e e' (a & b & c) h. repeat split; intros x g; [apply a|apply b|apply c]; now apply h. Qed.
Lemma agree_n : forall (o p : kind -> positive -> bool) e e' x j, agree o e e' ->
  (forall k y, negb (is_n k && Pos.eqb x y) && p k y = true -> o k y = true) -> agree p (set_n e x j) (set_n e' x j).
Proof.
  intros o p e e' x j (a & b & c) h. repeat split; intros y g; simpl; unfold upd.
  - destruct (Pos.eqb y x) eqn:q; [reflexivity|]. apply a, h. simpl. rewrite Pos.eqb_sym, q. exact g.
  - apply b, h. exact g.
  - apply c, h. exact g.
Qed.
Lemma agree_v : forall (o p : kind -> positive -> bool) e e' x u, agree o e e' ->
  (forall k y, negb (is_v k && Pos.eqb x y) && p k y = true -> o k y = true) -> agree p (set_v e x u) (set_v e' x u).
Proof.
  intros o p e e' x j (a & b & c) h. repeat split; intros y g; simpl; unfold upd.
  - apply a, h. exact g.
  - destruct (Pos.eqb y x) eqn:q; [reflexivity|]. apply b, h. simpl. rewrite Pos.eqb_sym, q. exact g.
  - apply c, h. exact g.
Qed.
Lemma agree_r : forall (o p : kind -> positive -> bool) e e' x u, agree o e e' ->
  (forall k y, negb (is_r k && Pos.eqb x y) && p k y = true -> o k y = true) -> agree p (set_r e x u) (set_r e' x u).
Proof.
  intros o p e e' x j (a & b & c) h. repeat split; intros y g; simpl; unfold upd.
  - apply a, h. exact g.
  - apply b, h. exact g.
  - destruct (Pos.eqb y x) eqn:q; [reflexivity|]. apply c, h. simpl. rewrite Pos.eqb_sym, q. exact g.
Qed.
Lemma agree_t : forall O (o : kind -> positive -> bool) t e e', agree o e e' -> (forall x, toccurs x t = true -> o KN x = true) -> tden O t e = tden O t e'.
Proof. intros O o t e e' (a & _ & _) h. apply tden_ext. intros x g. now apply a, h. Qed.

Ltac occurs := let k := fresh "k" in let y := fresh "y" in let g := fresh "g" in intros k y g; simpl in *; rewrite ?g, ?orb_true_r; reflexivity.
Ltac part h := first [exact h | apply (agree_sub _ _ _ _ h); occurs].
Ltac at_time h := apply (agree_t _ _ _ _ _ h); let y := fresh "y" in let g := fresh "g" in intros y g; simpl; rewrite ?g; reflexivity.
Section Agreement.
Variable O : objects.
Lemma den_agree :
  (forall a e e' w, agree (fun k x => socc k x a) e e' -> sden O a e w = sden O a e' w) /\
  (forall a e e' w, agree (fun k x => vocc k x a) e e' -> vden O a e w = vden O a e' w).
Proof.
  apply term_ind; intros; simpl; try reflexivity;
    repeat match goal with
    | h : (forall e e' w, agree (fun k x => socc k x ?a) e e' -> _), g : agree _ ?e ?e' |- context [sden O ?a ?e ?w] =>
        rewrite (h e e' w) by part g; clear h
    | h : (forall e e' w, agree (fun k x => vocc k x ?a) e e' -> _), g : agree _ ?e ?e' |- context [vden O ?a ?e ?w] =>
        rewrite (h e e' w) by part g; clear h
    end; try reflexivity;
    try (f_equal; at_time H).
  - rewrite !rden_tden. f_equal. at_time H.
  - rewrite (agree_t O _ t _ _ H0) by (intros y g; simpl; now rewrite g). unfold Rsum. f_equal. apply functional_extensionality. intros j.
    apply H. apply (agree_n _ _ _ _ _ _ H0). intros k y g. simpl. rewrite g. apply orb_true_r.
  - rewrite (agree_t O _ t _ _ H0) by (intros y g; simpl; now rewrite g). f_equal. apply functional_extensionality. intros j.
    apply H. part H0.
  - destruct H as (_ & h & _). apply h. simpl. apply Pos.eqb_refl.
  - destruct H as (_ & _ & h). rewrite h; [reflexivity|]. simpl. apply Pos.eqb_refl.
  - rewrite (agree_t O _ t _ _ H0) by (intros y g; simpl; now rewrite g). unfold Vsum. f_equal. apply functional_extensionality. intros j.
    apply H. apply (agree_n _ _ _ _ _ _ H0). intros k y g. simpl. rewrite g. apply orb_true_r.
  - rewrite (agree_t O _ t _ _ H0) by (intros y g; simpl; now rewrite g). f_equal. apply functional_extensionality. intros j.
    apply H. part H0.
Qed.
Lemma sden_agree : forall a e e' w, agree (fun k x => socc k x a) e e' -> sden O a e w = sden O a e' w.
Proof. exact (proj1 den_agree). Qed.
Lemma vden_agree : forall a e e' w, agree (fun k x => vocc k x a) e e' -> vden O a e w = vden O a e' w.
Proof. exact (proj2 den_agree). Qed.
Lemma holds_agree : forall f e e' w, agree (fun k x => focc k x f) e e' -> (holds O f e w <-> holds O f e' w).
Proof.
  induction f; intros e e' w h; simpl.
  - rewrite (sden_agree a e e' w), (sden_agree b e e' w) by part h. tauto.
  - rewrite (vden_agree a e e' w), (vden_agree b e e' w) by part h. tauto.
  - rewrite (IHf1 e e' w), (IHf2 e e' w) by part h. tauto.
  - rewrite (IHf1 e e' w), (IHf2 e e' w) by part h. tauto.
  - split; intros g j p; apply (IHf (set_n e x j) (set_n e' x j) w); auto; apply (agree_n _ _ _ _ _ _ h); auto.
  - split; intros g u; apply (IHf (set_v e x u) (set_v e' x u) w); auto; apply (agree_v _ _ _ _ _ _ h); auto.
  - assert (T : tden O t e = tden O t e') by (apply (agree_t _ _ _ _ _ h); intros y g; simpl; now rewrite g).
    split; intros g u p; apply (IHf (set_r e x u) (set_r e' x u) w); [|rewrite T in *; auto| |rewrite T in *; auto];
      apply (agree_r _ _ _ _ _ _ h); intros k y q; simpl; rewrite q; apply orb_true_r.
  - rewrite (sden_agree a e e' w) by part h.
    split; intros g; eapply whp_weaken; try exact g; try lra; intros v; apply (IHf e e' v); part h.
Qed.
Lemma socc_ok : forall x a e j w, socc KN x a = false -> sden O a (set_n e x j) w = sden O a e w.
Proof.
  intros x a e j w h. apply sden_agree. repeat split; intros y g; simpl; try reflexivity.
  unfold upd. destruct (Pos.eqb y x) eqn:q; [apply Pos.eqb_eq in q; subst; congruence|reflexivity].
Qed.
Lemma focc_ok : forall x f e j w, focc KN x f = false -> (holds O f (set_n e x j) w <-> holds O f e w).
Proof.
  intros x f e j w h. apply holds_agree. repeat split; intros y g; simpl; try reflexivity.
  unfold upd. destruct (Pos.eqb y x) eqn:q; [apply Pos.eqb_eq in q; subst; congruence|reflexivity].
Qed.
Lemma focc_v_ok : forall x f e u w, focc KV x f = false -> (holds O f (set_v e x u) w <-> holds O f e w).
Proof.
  intros x f e j w h. apply holds_agree. repeat split; intros y g; simpl; try reflexivity.
  unfold upd. destruct (Pos.eqb y x) eqn:q; [apply Pos.eqb_eq in q; subst; congruence|reflexivity].
Qed.
End Agreement.

(* ---------------------------------------------------------------- substitution *)

(* simultaneous: times, vectors, and random vectors for variables *)
Record subst := { sn : list (positive * time); sv : list (positive * vect); sr : list (positive * vect) }.
Fixpoint plook {A} (x : positive) (l : list (positive * A)) : option A :=
  match l with [] => None | (y, a) :: r => if Pos.eqb y x then Some a else plook x r end.
Definition drop {A} (x : positive) (l : list (positive * A)) : list (positive * A) := filter (fun ya => negb (Pos.eqb (fst ya) x)) l.
Lemma plook_In : forall A x (l : list (positive * A)) a, plook x l = Some a -> List.In (x, a) l.
Proof.
  intros A x l a. induction l as [|[y b] l IH]; simpl; [discriminate|]. destruct (Pos.eqb y x) eqn:q.
  - intros [= <-]. apply Pos.eqb_eq in q. subst. now left.
  - intros h. right. now apply IH.
Qed.
Lemma plook_drop : forall A x y (l : list (positive * A)), plook y (drop x l) = if Pos.eqb y x then None else plook y l.
Proof.
  intros A x y l. induction l as [|[z b] l IH]; simpl; [now destruct (Pos.eqb y x)|].
  destruct (Pos.eqb z x) eqn:q; simpl.
  - apply Pos.eqb_eq in q. subst z. rewrite IH, (Pos.eqb_sym x y). now destruct (Pos.eqb y x).
  - destruct (Pos.eqb z y) eqn:p; [|exact IH]. apply Pos.eqb_eq in p. subst z. now rewrite q.
Qed.
Definition drop_n (x : positive) (r : subst) : subst := {| sn := drop x (sn r); sv := sv r; sr := sr r |}.
Definition drop_v (x : positive) (r : subst) : subst := {| sn := sn r; sv := drop x (sv r); sr := sr r |}.
Definition drop_r (x : positive) (r : subst) : subst := {| sn := sn r; sv := sv r; sr := drop x (sr r) |}.

(* no value that is put into something mentions the variable, which would be captured *)
Definition clear (k : kind) (x : positive) (occ : kind -> positive -> bool) (r : subst) : bool :=
  forallb (fun yt => negb (is_n k && toccurs x (snd yt) &&& occ KN (fst yt))) (sn r) &&
  forallb (fun yu => negb (vocc k x (snd yu) &&& occ KV (fst yu))) (sv r) &&
  forallb (fun yu => negb (vocc k x (snd yu) &&& occ KR (fst yu))) (sr r).
(* no vector is put into something that is read at other outcomes *)
Definition still (occ : kind -> positive -> bool) (r : subst) : bool := forallb (fun yu => negb (occ KV (fst yu))) (sv r).

Fixpoint tmap (l : list (positive * time)) (t : time) : time :=
  match t with
  | TV y => match plook y l with Some r => r | None => t end
  | TI _ | TC _ => t
  | TA a b => TA (tmap l a) (tmap l b)
  | TM k a => TM k (tmap l a)
  end.
Definition tsubs (l : list (positive * time)) (t : time) : time :=
  if existsb (fun xr => toccurs (fst xr) t) l then canon (tmap l t) else t.
Definition op1 {A B} (f : A -> B) (a : option A) : option B := match a with Some x => Some (f x) | None => None end.
Definition op2 {A B D} (f : A -> B -> D) (a : option A) (b : option B) : option D :=
  match a with Some x => match b with Some y => Some (f x y) | None => None end | None => None end.

Fixpoint ssub (r : subst) (a : scal) {struct a} : option scal :=
  match a with
  | Sq _ | Sp _ | Sexpo _ => Some a
  | Sn t => Some (Sn (tsubs (sn r) t))
  | Sproc k t => Some (Sproc k (tsubs (sn r) t))
  | Sadd a b => op2 Sadd (ssub r a) (ssub r b)
  | Ssub a b => op2 Ssub (ssub r a) (ssub r b)
  | Smul a b => op2 Smul (ssub r a) (ssub r b)
  | Sind c a b => op2 (Sind c) (ssub r a) (ssub r b)
  | Spow a n => op1 (fun a => Spow a n) (ssub r a)
  | Spw a n => op1 (fun a => Spw a n) (ssub r a)
  | Sexp a => op1 Sexp (ssub r a)
  | Sln a => op1 Sln (ssub r a)
  | Sinner a b => op2 Sinner (vsub r a) (vsub r b)
  | Sindv a b => op2 Sindv (vsub r a) (vsub r b)
  | Snorm a => op1 Snorm (vsub r a)
  | Sapp k a => op1 (Sapp k) (vsub r a)
  | SSum x t b => if clear KN x (fun k y => socc k y b) (drop_n x r) then op1 (SSum x (tsubs (sn r) t)) (ssub (drop_n x r) b) else None
  | SE t b => if still (fun k y => socc k y b) r then op1 (SE (tsubs (sn r) t)) (ssub r b) else None
  end
with vsub (r : subst) (a : vect) {struct a} : option vect :=
  match a with
  | Vp _ => Some a
  | Vv y => Some (match plook y (sv r) with Some u => u | None => a end)
  | Vr y => Some (match plook y (sr r) with Some u => u | None => a end)
  | Vproc k t => Some (Vproc k (tsubs (sn r) t))
  | Vadd a b => op2 Vadd (vsub r a) (vsub r b)
  | Vscale c a => op2 Vscale (ssub r c) (vsub r a)
  | Vapp k a => op1 (Vapp k) (vsub r a)
  | VSum x t b => if clear KN x (fun k y => vocc k y b) (drop_n x r) then op1 (VSum x (tsubs (sn r) t)) (vsub (drop_n x r) b) else None
  | VE t b => if still (fun k y => vocc k y b) r then op1 (VE (tsubs (sn r) t)) (vsub r b) else None
  end.
Fixpoint fsub (r : subst) (f : fact) : option fact :=
  match f with
  | Frel c a b => op2 (Frel c) (ssub r a) (ssub r b)
  | Fveq a b => op2 Fveq (vsub r a) (vsub r b)
  | Fand f g => op2 Fand (fsub r f) (fsub r g)
  | Fimp f g => op2 Fimp (fsub r f) (fsub r g)
  | FallN x f => if clear KN x (fun k y => focc k y f) (drop_n x r) then op1 (FallN x) (fsub (drop_n x r) f) else None
  | FallV x f => if clear KV x (fun k y => focc k y f) (drop_v x r) then op1 (FallV x) (fsub (drop_v x r) f) else None
  | FallR x t f => if clear KR x (fun k y => focc k y f) (drop_r x r) then op1 (FallR x (tsubs (sn r) t)) (fsub (drop_r x r) f) else None
  | Fwhp a f => if still (fun k y => focc k y f) r then op2 Fwhp (ssub r a) (fsub r f) else None
  end.

Section Substitution.
Variable O : objects.
(* e' gives the variables of something the values that r gives them in e *)
Definition mapped (r : subst) (occ : kind -> positive -> bool) (e' e : env) (w : Omega) : Prop :=
  (forall x, occ KN x = true -> ni e' x = match plook x (sn r) with Some t => tden O t e | None => ni e x end) /\
  (forall x, occ KV x = true -> vv e' x = match plook x (sv r) with Some u => vden O u e w | None => vv e x end) /\
  (forall x, occ KR x = true -> forall v, rv e' x v = match plook x (sr r) with Some u => vden O u e v | None => rv e x v end).
Lemma mapped_sub : forall r o p e' e w, mapped r o e' e w -> (forall k x, p k x = true -> o k x = true) -> mapped r p e' e w.
Proof. intros r o p e' e w (a & b & c) h. repeat split; intros x g; [apply a|apply b|apply c]; now apply h. Qed.
Lemma mapped_still : forall r o e' e w v, mapped r o e' e w -> still o r = true -> mapped r o e' e v.
Proof.
  intros r o e' e w v (a & b & c) h. repeat split; intros x g; [now apply a| |now apply c]. rewrite (b x g).
  destruct (plook x (sv r)) as [u|] eqn:q; [|reflexivity]. apply plook_In in q. unfold still in h. rewrite forallb_forall in h.
  specialize (h _ q). simpl in h. rewrite g in h. discriminate.
Qed.
Lemma clear_ok : forall k x o r, clear k x o r = true ->
  (forall y t, o KN y = true -> plook y (sn r) = Some t -> is_n k && toccurs x t = false) /\
  (forall y u, o KV y = true -> plook y (sv r) = Some u -> vocc k x u = false) /\
  (forall y u, o KR y = true -> plook y (sr r) = Some u -> vocc k x u = false).
Proof.
  intros k x o r h. unfold clear in h. apply andb_prop in h as [h h3]. apply andb_prop in h as [h1 h2]. rewrite forallb_forall in h1, h2, h3.
  repeat split; intros y u g q; apply plook_In in q; [specialize (h1 _ q)|specialize (h2 _ q)|specialize (h3 _ q)];
    cbn [fst snd] in *; rewrite g in *; match goal with |- ?b = false => destruct b; [discriminate|reflexivity] end.
Qed.
Lemma vden_other : forall k x u e e' w, vocc k x u = false -> agree (fun l y => negb (match k, l with KN, KN | KV, KV | KR, KR => Pos.eqb x y | _, _ => false end)) e e' ->
  vden O u e w = vden O u e' w.
Proof.
  intros k x u e e' w h g. apply vden_agree. apply (agree_sub _ _ _ _ g). intros l y q. destruct k, l; try reflexivity;
    (destruct (Pos.eqb x y) eqn:z; [apply Pos.eqb_eq in z; subst; congruence|reflexivity]).
Qed.
Lemma mapped_n : forall r (o p : kind -> positive -> bool) e' e w x j, mapped r o e' e w ->
  (forall k y, negb (is_n k && Pos.eqb x y) && p k y = true -> o k y = true) -> clear KN x p (drop_n x r) = true ->
  mapped (drop_n x r) p (set_n e' x j) (set_n e x j) w.
Proof.
  intros r o p e' e w x j (a & b & c) h k. destruct (clear_ok _ _ _ _ k) as (ka & kb & kc). simpl in ka, kb, kc.
  assert (A : agree (fun l y => negb (match l with KN => Pos.eqb x y | _ => false end)) e (set_n e x j)).
  { repeat split; intros y g; simpl; try reflexivity. unfold upd. rewrite Pos.eqb_sym. now destruct (Pos.eqb x y). }
  repeat split; intros y g; simpl.
  - rewrite plook_drop. unfold upd. destruct (Pos.eqb y x) eqn:q; [reflexivity|].
    rewrite (a y) by (apply h; simpl; rewrite Pos.eqb_sym, q; exact g).
    specialize (ka y). rewrite plook_drop, q in ka. destruct (plook y (sn r)) as [t|]; [|reflexivity].
    symmetry. apply toccurs_ok. now apply ka.
  - rewrite (b y) by (apply h; exact g). specialize (kb y). destruct (plook y (sv r)) as [u|]; [|reflexivity].
    apply (vden_other KN x); [now apply kb|exact A].
  - intros v. rewrite (c y) by (apply h; exact g). specialize (kc y). destruct (plook y (sr r)) as [u|]; [|reflexivity].
    apply (vden_other KN x); [now apply kc|exact A].
Qed.
Lemma mapped_v : forall r (o p : kind -> positive -> bool) e' e w x j, mapped r o e' e w ->
  (forall k y, negb (is_v k && Pos.eqb x y) && p k y = true -> o k y = true) -> clear KV x p (drop_v x r) = true ->
  mapped (drop_v x r) p (set_v e' x j) (set_v e x j) w.
Proof.
  intros r o p e' e w x j (a & b & c) h k. destruct (clear_ok _ _ _ _ k) as (ka & kb & kc). simpl in ka, kb, kc.
  assert (A : agree (fun l y => negb (match l with KV => Pos.eqb x y | _ => false end)) e (set_v e x j)).
  { repeat split; intros y g; simpl; try reflexivity. unfold upd. rewrite Pos.eqb_sym. now destruct (Pos.eqb x y). }
  repeat split; intros y g; simpl.
  - rewrite (a y) by (apply h; exact g). destruct (plook y (sn r)) as [t|]; [|reflexivity]. apply tden_ext. reflexivity.
  - rewrite plook_drop. unfold upd. destruct (Pos.eqb y x) eqn:q; [reflexivity|].
    rewrite (b y) by (apply h; simpl; rewrite Pos.eqb_sym, q; exact g).
    specialize (kb y). rewrite plook_drop, q in kb. destruct (plook y (sv r)) as [u|]; [|reflexivity].
    apply (vden_other KV x); [now apply kb|exact A].
  - intros v. rewrite (c y) by (apply h; exact g). specialize (kc y). destruct (plook y (sr r)) as [u|]; [|reflexivity].
    apply (vden_other KV x); [now apply kc|exact A].
Qed.
Lemma mapped_r : forall r (o p : kind -> positive -> bool) e' e w x j, mapped r o e' e w ->
  (forall k y, negb (is_r k && Pos.eqb x y) && p k y = true -> o k y = true) -> clear KR x p (drop_r x r) = true ->
  mapped (drop_r x r) p (set_r e' x j) (set_r e x j) w.
Proof.
  intros r o p e' e w x j (a & b & c) h k. destruct (clear_ok _ _ _ _ k) as (ka & kb & kc). simpl in ka, kb, kc.
  assert (A : agree (fun l y => negb (match l with KR => Pos.eqb x y | _ => false end)) e (set_r e x j)).
  { repeat split; intros y g; simpl; try reflexivity. unfold upd. rewrite Pos.eqb_sym. now destruct (Pos.eqb x y). }
  repeat split; intros y g; simpl.
  - rewrite (a y) by (apply h; exact g). destruct (plook y (sn r)) as [t|]; [|reflexivity]. apply tden_ext. reflexivity.
  - rewrite (b y) by (apply h; exact g). specialize (kb y). destruct (plook y (sv r)) as [u|]; [|reflexivity].
    apply (vden_other KR x); [now apply kb|exact A].
  - intros v. rewrite plook_drop. unfold upd. destruct (Pos.eqb y x) eqn:q; [reflexivity|].
    rewrite (c y) by (apply h; simpl; rewrite Pos.eqb_sym, q; exact g).
    specialize (kc y). rewrite plook_drop, q in kc. destruct (plook y (sr r)) as [u|]; [|reflexivity].
    apply (vden_other KR x); [now apply kc|exact A].
Qed.
Lemma tsubs_ok : forall r o e' e w t, mapped r o e' e w -> (forall x, toccurs x t = true -> o KN x = true) ->
  tden O (tsubs (sn r) t) e = tden O t e'.
Proof.
  intros r o e' e w t (a & _ & _) h. unfold tsubs. destruct (existsb _ (sn r)) eqn:q.
  - rewrite canon_ok. clear q. induction t; simpl; try reflexivity.
    + rewrite (a x) by (apply h; simpl; apply Pos.eqb_refl). now destruct (plook x (sn r)).
    + rewrite IHt1, IHt2; [reflexivity| |]; intros y g; apply h; simpl; rewrite g; [apply orb_true_r|reflexivity].
    + rewrite IHt; [reflexivity|]. intros y g. now apply h.
  - symmetry. apply tden_ext. intros x g. rewrite (a x) by now apply h. destruct (plook x (sn r)) as [t'|] eqn:p; [|reflexivity].
    exfalso. apply plook_In in p. assert (existsb (fun xr => toccurs (fst xr) t) (sn r) = true); [|congruence].
    apply existsb_exists. exists (x, t'). split; [exact p|exact g].
Qed.
Lemma op1_Some : forall A B (f : A -> B) a b, op1 f a = Some b -> exists x, a = Some x /\ b = f x.
Proof. intros A B f [x|] b h; [injection h as <-; now exists x|discriminate]. Qed.
Lemma op2_Some : forall A B D (f : A -> B -> D) a b d, op2 f a b = Some d -> exists x y, a = Some x /\ b = Some y /\ d = f x y.
Proof. intros A B D f [x|] [y|] d h; try discriminate. injection h as <-. now exists x, y. Qed.

Ltac open_sub := repeat match goal with
  | h : op1 _ _ = Some _ |- _ => apply op1_Some in h as (? & ? & ?)
  | h : op2 _ _ _ = Some _ |- _ => apply op2_Some in h as (? & ? & ? & ? & ?)
  | h : (if ?c then _ else None) = Some _ |- _ => let q := fresh "q" in destruct c eqn:q; [|discriminate]
  | h : Some _ = Some _ |- _ => injection h as h
  end; subst.
Ltac below m := first [exact m | apply (mapped_sub _ _ _ _ _ _ m); occurs].
Lemma sub_ok :
  (forall a r b e' e w, ssub r a = Some b -> mapped r (fun k x => socc k x a) e' e w -> sden O a e' w = sden O b e w) /\
  (forall a r b e' e w, vsub r a = Some b -> mapped r (fun k x => vocc k x a) e' e w -> vden O a e' w = vden O b e w).
Proof.
  apply term_ind; intros; simpl in *; open_sub; simpl; try reflexivity.
  all: repeat match goal with
    | h : (forall r b e' e w, ssub r ?a = Some b -> mapped r (fun k x => socc k x ?a) e' e w -> _),
      q : ssub ?r ?a = Some ?b, m : mapped ?r _ ?e' ?e ?w |- context [sden O ?a ?e' ?w] => rewrite (h r b e' e w q) by below m; clear h
    | h : (forall r b e' e w, vsub r ?a = Some b -> mapped r (fun k x => vocc k x ?a) e' e w -> _),
      q : vsub ?r ?a = Some ?b, m : mapped ?r _ ?e' ?e ?w |- context [vden O ?a ?e' ?w] => rewrite (h r b e' e w q) by below m; clear h
    end; try reflexivity.
  all: try (f_equal; symmetry; eapply tsubs_ok; [eassumption|]; intros y g; simpl; now rewrite g).
  - rewrite !rden_tden. f_equal. symmetry. eapply tsubs_ok; [eassumption|]. intros y g. simpl. now rewrite g.
  - rewrite (tsubs_ok _ _ _ _ _ t H1) by (intros y g; simpl; now rewrite g). unfold Rsum. f_equal. apply functional_extensionality. intros j.
    apply (H (drop_n x r)); [assumption|]. apply (mapped_n _ _ _ _ _ _ _ _ H1); [|assumption].
    intros k y g. simpl. rewrite g. apply orb_true_r.
  - rewrite (tsubs_ok _ _ _ _ _ t H1) by (intros y g; simpl; now rewrite g). f_equal. apply functional_extensionality. intros v.
    apply (H r); [assumption|]. apply (mapped_still _ _ _ _ w); [|assumption]. below H1.
  - destruct H0 as (_ & b & _). rewrite b by (simpl; apply Pos.eqb_refl). now destruct (plook x (sv r)).
  - destruct H0 as (_ & _ & b). rewrite b by (simpl; apply Pos.eqb_refl). now destruct (plook x (sr r)).
  - rewrite (tsubs_ok _ _ _ _ _ t H1) by (intros y g; simpl; now rewrite g). unfold Vsum. f_equal. apply functional_extensionality. intros j.
    apply (H (drop_n x r)); [assumption|]. apply (mapped_n _ _ _ _ _ _ _ _ H1); [|assumption].
    intros k y g. simpl. rewrite g. apply orb_true_r.
  - rewrite (tsubs_ok _ _ _ _ _ t H1) by (intros y g; simpl; now rewrite g). f_equal. apply functional_extensionality. intros v.
    apply (H r); [assumption|]. apply (mapped_still _ _ _ _ w); [|assumption]. below H1.
Qed.
Lemma fsub_ok : forall f r g e' e w, fsub r f = Some g -> mapped r (fun k x => focc k x f) e' e w -> (holds O f e' w <-> holds O g e w).
Proof.
  induction f; intros r' g' e' e w h m; simpl in h; open_sub; simpl.
  - rewrite (proj1 sub_ok a r' x e' e w), (proj1 sub_ok b r' x0 e' e w); try assumption; [tauto| |]; below m.
  - rewrite (proj2 sub_ok a r' x e' e w), (proj2 sub_ok b r' x0 e' e w); try assumption; [tauto| |]; below m.
  - rewrite (IHf1 r' x e' e w), (IHf2 r' x0 e' e w); try assumption; [tauto| |]; below m.
  - rewrite (IHf1 r' x e' e w), (IHf2 r' x0 e' e w); try assumption; [tauto| |]; below m.
  - split; intros k j p; (eapply (IHf (drop_n x r')); [eassumption| |apply k, p]); apply (mapped_n _ _ _ _ _ _ _ _ m); auto.
  - split; intros k u; (eapply (IHf (drop_v x r')); [eassumption| |apply k]); apply (mapped_v _ _ _ _ _ _ _ _ m); auto.
  - assert (T : tden O (tsubs (sn r') t) e = tden O t e') by (apply (tsubs_ok _ _ _ _ _ t m); intros y g; simpl; now rewrite g).
    rewrite T. split; intros k u p; (eapply (IHf (drop_r x r')); [eassumption| |apply k, p]);
      (apply (mapped_r _ _ _ _ _ _ _ _ m); [|assumption]); intros l y g; simpl; rewrite g; apply orb_true_r.
  - rewrite (proj1 sub_ok a r' x e' e w); [|assumption|below m].
    split; intros k; eapply whp_weaken; try exact k; try lra; intros v; apply (IHf r' x0 e' e v); try assumption;
      apply (mapped_still _ _ _ _ w); try assumption; below m.
Qed.
End Substitution.

(* one time for one variable *)
Definition put (x : positive) (t : time) : subst := {| sn := [(x, t)]; sv := []; sr := [] |}.
Lemma put_mapped : forall O x t occ e w, mapped O (put x t) occ (set_n e x (tden O t e)) e w.
Proof.
  intros. repeat split; intros y _; simpl; try reflexivity. unfold upd. rewrite Pos.eqb_sym. now destruct (Pos.eqb x y).
Qed.
