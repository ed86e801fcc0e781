(* Equality of terms and facts by normal form, over atoms that are compared by a test. *)
From Coq Require Import Reals Lra Lia ZArith QArith Qreals List Bool FunctionalExtensionality.
From Tailcert Require Import Tailcert Terms Substitute.
Import ListNotations.
Open Scope R_scope.

(* ---------------------------------------------------------------- terms as expressions over atoms *)

(* tests that find equal terms, and terms that are zero *)
Record oracle := { o_scal : scal -> scal -> bool; o_vect : vect -> vect -> bool; o_zero : scal -> bool }.
Fixpoint index {A} (eq : A -> A -> bool) (a : A) (l : list A) (i : nat) : option nat :=
  match l with [] => None | b :: r => if eq a b then Some i else index eq a r (S i) end.
Definition number {A} (quick eq : A -> A -> bool) (a : A) (l : list A) : option nat :=
  match index quick a l 0 with Some i => Some i | None => index eq a l 0 end.

Section Translation.
Variable C : context.
Variable o : oracle.
Variable full : bool.                    (* is everything opened, or only polynomials? *)
Section Atoms.
Variable L : list scal.
Variable LV : list vect.
Definition atom (a : scal) : option ex :=
  match (if full then number scal_eqb (o_scal o) a L else index scal_eqb a L 0) with Some i => Some (At i) | None => None end.
Definition vatom (a : vect) : option vx := match number vect_eqb (o_vect o) a LV with Some i => Some (Va i) | None => None end.
(* is a sum, product or power an atom?  Only if it is none, what is inside is translated: all arguments are computed *)
Definition closed (a : scal) : option ex :=
  if full then None else match index scal_eqb a L 0 with Some i => Some (At i) | None => None end.
Fixpoint tr_t (t : time) : option ex :=
  match t with
  | TV x => match index scal_eqb (Sn t) L 0 with Some i => Some (At i) | None => None end
  | TI k => match index scal_eqb (Sn t) L 0 with Some i => Some (At i) | None => None end
  | TC c => Some (Cq (inject_Z c))
  | TA a b => op2 Ad (tr_t a) (tr_t b)
  | TM k a => op1 (Mu (Cq (inject_Z k))) (tr_t a)
  end.
Fixpoint tr (a : scal) {struct a} : option ex :=
  match a with
  | Sq q => Some (Cq q)
  | Sn t => tr_t t
  | Sadd b c => match closed a with Some e => Some e | None => op2 Ad (tr b) (tr c) end
  | Ssub b c => match closed a with Some e => Some e | None => op2 Su (tr b) (tr c) end
  | Smul b c => match closed a with Some e => Some e | None => op2 Mu (tr b) (tr c) end
  | Spow b n => match closed a with Some e => Some e | None => op1 (fun e => Po e n) (tr b) end
  | Spw b k => match atom a with Some e => Some e | None => if full then op1 (fun e => Pw e k) (tr b) else None end
  | Sinner b c => if full then op2 In (vtr b) (vtr c) else atom a
  | Sexp b => if full &&& o_zero o b then Some (Cq 1) else atom a
  | Snorm b => if full &&& o_zero o (Sinner b b) then Some (Cq 0) else atom a
  | _ => atom a
  end
with vtr (a : vect) {struct a} : option vx :=
  match a with
  | Vadd b c => op2 Vd (vtr b) (vtr c)
  | Vscale b c => op2 Vs (tr b) (vtr c)
  | _ => vatom a
  end.

(* what is known about the atoms *)
Definition sign_of (a : scal) : nat :=
  match a with
  | Sq q => if Qle_bool q 0 then 0 else 2
  | Sp k => match find (fun ks => Pos.eqb k (fst ks)) (signs_of C) with Some ks => match snd ks with 1 => 1 | 2 => 2 | _ => 0 end | None => 0 end
  | Sn (TV _) => 1
  | Sn (TI k) => match find (fun km => Pos.eqb k (fst km)) (minima C) with
                 | Some km => if Z.leb 1 (snd km) then 2 else if Z.leb 0 (snd km) then 1 else 0 | None => 0 end
  | Sexp _ => 2
  | Snorm _ | Sind _ _ _ | Sindv _ _ | Spw _ _ => 1
  | Sinner v w => if vect_eqb v w then 1 else 0
  | _ => 0
  end%nat.
Definition prime_of (a : scal) : option positive := match a with Sq (Zpos p # 1) => Some p | _ => None end.
Definition square_of (a : scal) : option scal :=
  match a with Snorm v => Some (Sinner v v) | Sind _ _ _ | Sindv _ _ => Some a | _ => None end.
Definition select {B} (f : scal -> option B) : list (nat * B) :=
  flat_map (fun i => match f (nth i L (Sq 0)) with Some b => [(i, b)] | None => [] end) (seq 0 (length L)).
Definition translated (f : scal -> option scal) (a : scal) : option ex := match f a with Some b => tr b | None => None end.
Definition known_atoms : Tailcert.step :=
  {| signs := map sign_of L; primes := select prime_of; squares := if full then select (translated square_of) else [] |}.

Section Sound.
Variable O : objects.
Hypothesis TR : truth O C.
Variable e : env.
Variable w : Omega.
Hypothesis N : natural e.
Hypothesis o_scal_ok : forall a b, o_scal o a b = true -> sden O a e w = sden O b e w.
Hypothesis o_vect_ok : forall a b, o_vect o a b = true -> vden O a e w = vden O b e w.
Hypothesis o_zero_ok : forall a, o_zero o a = true -> sden O a e w = 0.
Definition values : list R := map (fun a => sden O a e w) L.
Definition vvalues : list V := map (fun a => vden O a e w) LV.
Let den := den (etv O) values vvalues.
Let vden' := Tailcert.vden (etv O) values vvalues.
Lemma value_at : forall i, nth i values 0 = sden O (nth i L (Sq 0)) e w.
Proof. intros i. exact (map_nth (fun a => sden O a e w) L (Sq 0) i). Qed.
Lemma index_ok : forall A (B : Type) (eq : A -> A -> bool) (f : A -> B) (d : B) a l i k, (forall b, eq a b = true -> f a = f b) ->
  index eq a l k = Some i -> exists j, i = (k + j)%nat /\ nth j (map f l) d = f a.
Proof.
  intros A B eq f d a l i. induction l as [|b l IH]; intros k h g; [discriminate|]. simpl in g. destruct (eq a b) eqn:q.
  - injection g as <-. exists 0%nat. split; [lia|]. simpl. symmetry. now apply h.
  - destruct (IH (S k) h g) as (j & -> & r). exists (S j). split; [lia|exact r].
Qed.
Lemma index_scal : forall eq a i, (forall b, eq a b = true -> sden O a e w = sden O b e w) -> index eq a L 0 = Some i -> nth i values 0 = sden O a e w.
Proof. intros eq a i h g. destruct (index_ok _ _ eq (fun a => sden O a e w) 0 a L i 0 h g) as (j & -> & r). exact r. Qed.
Lemma quick_scal : forall a b, scal_eqb a b = true -> sden O a e w = sden O b e w.
Proof. intros a b h. now rewrite (proj1 eqb_ok a b h). Qed.
Lemma atom_ok : forall a x, atom a = Some x -> den x = sden O a e w.
Proof.
  intros a x h. unfold atom, number in h. destruct full.
  - destruct (index scal_eqb a L 0) as [i|] eqn:q; [injection h as <-; exact (index_scal _ a i (quick_scal a) q)|].
    destruct (index (o_scal o) a L 0) as [i|] eqn:r; [|discriminate]. injection h as <-. exact (index_scal _ a i (o_scal_ok a) r).
  - destruct (index scal_eqb a L 0) as [i|] eqn:q; [injection h as <-; exact (index_scal _ a i (quick_scal a) q)|discriminate].
Qed.
Lemma vatom_ok : forall a x, vatom a = Some x -> vden' x = vden O a e w.
Proof.
  intros a x h. unfold vatom, number in h.
  assert (K : forall eq i, (forall b, eq a b = true -> vden O a e w = vden O b e w) -> index eq a LV 0 = Some i -> nth i vvalues vzero = vden O a e w).
  { intros eq i g r. destruct (index_ok _ _ eq (fun a => vden O a e w) vzero a LV i 0 g r) as (j & -> & q). exact q. }
  destruct (index vect_eqb a LV 0) as [i|] eqn:q.
  - injection h as <-. apply (K vect_eqb); [|exact q]. intros b g. now rewrite (proj2 eqb_ok a b g).
  - destruct (index (o_vect o) a LV 0) as [i|] eqn:r; [|discriminate]. injection h as <-. now apply (K (o_vect o)); [apply o_vect_ok|].
Qed.
Lemma closed_ok : forall a r x, match closed a with Some y => Some y | None => r end = Some x ->
  (forall y, r = Some y -> den y = sden O a e w) -> den x = sden O a e w.
Proof.
  intros a r x h g. unfold closed in h. destruct full; [now apply g|].
  destruct (index scal_eqb a L 0) as [i|] eqn:q; [injection h as <-; exact (index_scal _ a i (quick_scal a) q)|now apply g].
Qed.
Lemma tr_t_ok : forall t x, tr_t t = Some x -> den x = rden O t e.
Proof.
  induction t; intros y h; simpl in h.
  - destruct (index scal_eqb (Sn (TV x)) L 0) as [i|] eqn:q; [|discriminate]. injection h as <-. exact (index_scal _ _ i (quick_scal _) q).
  - destruct (index scal_eqb (Sn (TI k)) L 0) as [i|] eqn:q; [|discriminate]. injection h as <-. exact (index_scal _ _ i (quick_scal _) q).
  - injection h as <-. reflexivity.
  - apply op2_Some in h as (a & b & h1 & h2 & ->). change (den a + den b = rden O t1 e + rden O t2 e). now rewrite (IHt1 a h1), (IHt2 b h2).
  - apply op1_Some in h as (a & h1 & ->). change (IZR k * den a = IZR k * rden O t e). now rewrite (IHt a h1).
Qed.
Lemma tr_vtr_ok : (forall a x, tr a = Some x -> den x = sden O a e w) /\ (forall a x, vtr a = Some x -> vden' x = vden O a e w).
Proof.
  apply term_ind.
  - intros q x h. injection h as <-. reflexivity.
  - intros k x h. exact (atom_ok (Sp k) x h).
  - intros t x h. exact (tr_t_ok t x h).
  - intros a ia b ib x h. apply (closed_ok (Sadd a b) (op2 Ad (tr a) (tr b)) x h). intros y g. apply op2_Some in g as (p & q & g1 & g2 & ->).
    change (den p + den q = sden O a e w + sden O b e w). now rewrite (ia p g1), (ib q g2).
  - intros a ia b ib x h. apply (closed_ok (Ssub a b) (op2 Su (tr a) (tr b)) x h). intros y g. apply op2_Some in g as (p & q & g1 & g2 & ->).
    change (den p - den q = sden O a e w - sden O b e w). now rewrite (ia p g1), (ib q g2).
  - intros a ia b ib x h. apply (closed_ok (Smul a b) (op2 Mu (tr a) (tr b)) x h). intros y g. apply op2_Some in g as (p & q & g1 & g2 & ->).
    change (den p * den q = sden O a e w * sden O b e w). now rewrite (ia p g1), (ib q g2).
  - intros a ia n x h. apply (closed_ok (Spow a n) (op1 (fun e => Po e n) (tr a)) x h). intros y g. apply op1_Some in g as (p & g1 & ->).
    change (den p ^ n = sden O a e w ^ n). now rewrite (ia p g1).
  - intros a ia k x h. change (match atom (Spw a k) with Some e => Some e | None => if full then op1 (fun e => Pw e k) (tr a) else None end = Some x) in h.
    destruct (atom (Spw a k)) as [y|] eqn:q; [injection h as <-; exact (atom_ok _ _ q)|]. destruct full; [|discriminate].
    apply op1_Some in h as (p & g1 & ->). change (pw (den p) (nth k (etv O) 0) = pw (sden O a e w) (nth k (etv O) 0)). now rewrite (ia p g1).
  - intros k x h. exact (atom_ok (Sexpo k) x h).
  - intros a ia b ib x h. change ((if full then op2 In (vtr a) (vtr b) else atom (Sinner a b)) = Some x) in h.
    destruct full eqn:F; [|exact (atom_ok (Sinner a b) x h)]. apply op2_Some in h as (p & q & g1 & g2 & ->).
    change (inner (vden' p) (vden' q) = inner (vden O a e w) (vden O b e w)). now rewrite (ia p g1), (ib q g2).
  - intros a _ x h. change ((if full &&& o_zero o (Sinner a a) then Some (Cq 0) else atom (Snorm a)) = Some x) in h.
    destruct (full &&& o_zero o (Sinner a a)) eqn:q; [|exact (atom_ok (Snorm a) x h)]. injection h as <-. apply lazy_and in q as [_ q].
    symmetry. exact (norm_zero _ (o_zero_ok _ q)).
  - intros a _ x h. change ((if full &&& o_zero o a then Some (Cq 1) else atom (Sexp a)) = Some x) in h.
    destruct (full &&& o_zero o a) eqn:q; [|exact (atom_ok (Sexp a) x h)]. injection h as <-. apply lazy_and in q as [_ q].
    symmetry. exact (exp_zero _ (o_zero_ok _ q)).
  - intros a _ x h. exact (atom_ok (Sln a) x h).
  - intros k t x h. exact (atom_ok (Sproc k t) x h).
  - intros k a _ x h. exact (atom_ok (Sapp k a) x h).
  - intros y t b _ x h. exact (atom_ok (SSum y t b) x h).
  - intros t b _ x h. exact (atom_ok (SE t b) x h).
  - intros r a _ b _ x h. exact (atom_ok (Sind r a b) x h).
  - intros a _ b _ x h. exact (atom_ok (Sindv a b) x h).
  - intros k x h. exact (vatom_ok (Vp k) x h).
  - intros k x h. exact (vatom_ok (Vv k) x h).
  - intros k x h. exact (vatom_ok (Vr k) x h).
  - intros k t x h. exact (vatom_ok (Vproc k t) x h).
  - intros a ia b ib x h. change (op2 Vd (vtr a) (vtr b) = Some x) in h. apply op2_Some in h as (p & q & g1 & g2 & ->).
    change (vadd (vden' p) (vden' q) = vadd (vden O a e w) (vden O b e w)). now rewrite (ia p g1), (ib q g2).
  - intros a ia b ib x h. change (op2 Vs (tr a) (vtr b) = Some x) in h. apply op2_Some in h as (p & q & g1 & g2 & ->).
    change (scale (den p) (vden' q) = scale (sden O a e w) (vden O b e w)). now rewrite (ia p g1), (ib q g2).
  - intros k a _ x h. exact (vatom_ok (Vapp k a) x h).
  - intros y t b _ x h. exact (vatom_ok (VSum y t b) x h).
  - intros t b _ x h. exact (vatom_ok (VE t b) x h).
Qed.
Lemma sign_of_ok : forall a, (sign_of a = 1%nat -> 0 <= sden O a e w) /\ (sign_of a = 2%nat -> 0 < sden O a e w) /\ (sign_of a <= 2)%nat.
Proof.
  intros a. destruct a; simpl; try (repeat split; intros; try discriminate; try lia; fail).
  - destruct (Qle_bool q 0) eqn:h; repeat split; intros; try discriminate; try lia. rewrite qval_Q2R.
    assert (~ (q <= 0)%Q) by (intros k; apply Qle_bool_iff in k; congruence).
    apply Qnot_le_lt, Qlt_Rlt in H0. rewrite RMicromega.Q2R_0 in H0. exact H0.
  - destruct (find _ (signs_of C)) as [[j s]|] eqn:f; [|repeat split; intros; try discriminate; lia]. apply find_some in f as [i q].
    simpl in q. apply Pos.eqb_eq in q. subst j. pose proof (all_In _ _ _ _ (t_sign O C TR) i) as h. simpl in h.
    destruct s as [|[|[|s]]]; simpl; repeat split; intros; try discriminate; try lia; exact h.
  - destruct t; try (repeat split; intros; try discriminate; lia).
    + repeat split; intros; try discriminate; try lia. simpl. apply IZR_le. apply N.
    + destruct (find _ (minima C)) as [[j m]|] eqn:f; [|repeat split; intros; try discriminate; lia]. apply find_some in f as [i q].
      simpl in q. apply Pos.eqb_eq in q. subst j. pose proof (all_In _ _ _ _ (t_int O C TR) i) as h. simpl in *.
      destruct (Z.leb 1 m) eqn:l1; [apply Z.leb_le in l1; repeat split; intros; try discriminate; try lia; apply IZR_lt; lia|].
      destruct (Z.leb 0 m) eqn:l2; repeat split; intros; try discriminate; try lia. apply Z.leb_le in l2. apply IZR_le. lia.
  - repeat split; intros; try discriminate; try lia. apply pw_nonneg.
  - destruct (vect_eqb v w0) eqn:q; repeat split; intros; try discriminate; try lia. rewrite (proj2 eqb_ok _ _ q). apply (inner_pos ips).
  - repeat split; intros; try discriminate; try lia. apply norm_nonneg.
  - repeat split; intros; try discriminate; try lia. apply exp_pos.
  - repeat split; intros; try discriminate; try lia. destruct r; [apply ind_le_nonneg|apply ind_lt_nonneg|apply ind_eq_nonneg].
  - repeat split; intros; try discriminate; try lia. apply ind_veq_nonneg.
Qed.
Lemma signs_hold : forall l, signs_ok (map sign_of l) (map (fun a => sden O a e w) l).
Proof.
  induction l as [|a l IH]; [exact I|]. destruct (sign_of_ok a) as (h1 & h2 & h3). simpl.
  destruct (sign_of a) as [|[|[|n]]]; simpl; [exact IH|split; [now apply h1|exact IH]|split; [now apply h2|exact IH]|lia].
Qed.
Lemma all_of : forall A (P : A -> Prop) l, (forall x, List.In x l -> P x) -> all P l.
Proof. intros A P l. induction l as [|a l IH]; intros h; [exact I|]. split; [apply h; now left|]. apply IH. intros x i. apply h. now right. Qed.
Lemma select_ok : forall B (f : scal -> option B) (P : nat * B -> Prop), (forall i b, f (nth i L (Sq 0)) = Some b -> P (i, b)) -> all P (select f).
Proof.
  intros B f P h. apply all_of. intros x i. unfold select in i. apply in_flat_map in i as (k & _ & g).
  destruct (f (nth k L (Sq 0))) as [b|] eqn:q; [|destruct g]. destruct g as [<-|[]]. now apply h.
Qed.
Lemma known_atoms_ok : step_ok (etv O) values vvalues known_atoms.
Proof.
  constructor; simpl.
  - apply signs_hold.
  - apply select_ok. intros i p h. simpl. rewrite value_at. unfold prime_of in h. destruct (nth i L (Sq 0)); try discriminate.
    destruct q as [[|n|n] [d|d|]]; try discriminate. injection h as <-. reflexivity.
  - destruct full eqn:F; [|exact I]. apply select_ok. intros i p h. simpl. rewrite value_at. unfold translated in h.
    destruct (square_of (nth i L (Sq 0))) as [b|] eqn:q; [|discriminate]. transitivity (sden O b e w); [|symmetry; now apply tr_vtr_ok].
    destruct (nth i L (Sq 0)); simpl in q; try discriminate; injection q as <-; simpl.
    + apply norm_square.
    + destruct r; simpl; [apply ind_le_square|apply ind_lt_square|apply ind_eq_square].
    + apply ind_veq_square.
Qed.
End Sound.
End Atoms.
End Translation.

(* ---------------------------------------------------------------- which atoms (no proof depends on this choice) *)

Section Collect.
Variable C : context.
Variable o : oracle.
Variable full : bool.
Variable stop : list scal.
Definition atoms := (list scal * list vect)%type.
Definition add (a : scal) (A : atoms) : atoms :=
  match (if full then number scal_eqb (o_scal o) a (fst A) else index scal_eqb a (fst A) 0) with Some _ => A | None => (fst A ++ [a], snd A) end.
Definition vadd_atom (a : vect) (A : atoms) : atoms :=
  match number vect_eqb (o_vect o) a (snd A) with Some _ => A | None => (fst A, snd A ++ [a]) end.
Definition stops (a : scal) : bool := if full then false else existsb (scal_eqb a) stop.
(* numbers without common divisors, and no squares, whose powers make the constants under a root; small primes first *)
Definition drop_base (b : Z) (A : atoms) : atoms := (filter (fun a => negb (scal_eqb a (Sq (inject_Z b)))) (fst A), snd A).
Fixpoint shares (n : Z) (l : list scal) : option Z :=
  match l with
  | [] => None
  | a :: r => match prime_of a with Some p => if Z.eqb (Z.gcd n (Zpos p)) 1 then shares n r else Some (Zpos p) | None => shares n r end
  end.
Fixpoint add_base (fuel : nat) (n : Z) (A : atoms) : atoms :=
  match fuel with
  | O => A
  | Datatypes.S k =>
    if Z.leb n 1 then A else
    match shares n (fst A) with
    | None => let r := Z.sqrt n in if Z.eqb (r * r) n then add_base k r A else add (Sq (inject_Z n)) A
    | Some b => let g := Z.gcd n b in
      if Z.eqb g b then add_base k (n / b) A else add_base k n (add_base k (b / g) (add_base k g (drop_base b A)))
    end
  end.
Fixpoint divided (fuel : nat) (p n : Z) : Z :=
  match fuel with O => n | Datatypes.S k => if Z.eqb (n mod p) 0 then divided k p (n / p) else n end.
Definition add_factors (n : Z) (A : atoms) : atoms :=
  let (m, B) := fold_left (fun mA p => let (m, A) := mA : Z * atoms in if Z.eqb (m mod p) 0 then (divided 200 p m, add (Sq (inject_Z p)) A) else (m, A))
    [2; 3; 5; 7; 11; 13; 17; 19; 23; 29; 31; 37; 41; 43; 47]%Z (n, A) in
  add_base 100 m B.
Definition add_primes (c : Q) (A : atoms) : atoms := add_factors (Zpos (Qden c)) (add_factors (Qnum c) A).
Fixpoint col_t (t : time) (A : atoms) : atoms :=
  match t with TV _ | TI _ => add (Sn t) A | TC _ => A | TA a b => col_t b (col_t a A) | TM _ a => col_t a A end.
Fixpoint col (a : scal) (A : atoms) {struct a} : atoms :=
  match a with
  | Sq _ => A
  | Sn t => col_t t A
  | Sadd b c | Ssub b c | Smul b c => if stops a then add a A else col c (col b A)
  | Spow b _ => if stops a then add a A else col b A
  | Spw b k =>
    if full then
      match index scal_eqb a (fst A) 0 with Some _ => A | None =>
      let B := col b A in
      let known (B : atoms) : Tailcert.step :=
        {| signs := map (sign_of C) (fst B); primes := select (fst B) prime_of; squares := [] |} in
      match match tr o full (fst B) (snd B) b with Some e => nf (exponents C) (known B) e | None => None end with
      | Some [(_, c)] =>
        let D := if Qeq_bool c 1 then B else if Qle_bool c 0 then B else add_primes c B in
        match match tr o full (fst D) (snd D) b with Some e => nf (exponents C) (known D) (Pw e k) | None => None end with
        | Some _ => D
        | None => add a A
        end
      | _ => add a A
      end end
    else add a A
  | Sinner b c => if full then vcol c (vcol b A) else add a A
  | Snorm b => if full then if o_zero o (Sinner b b) then A else vcol b (add a A) else add a A
  | Sexp b => if full &&& o_zero o b then A else add a A
  | _ => add a A
  end
with vcol (a : vect) (A : atoms) {struct a} : atoms :=
  match a with
  | Vadd b c => vcol c (vcol b A)
  | Vscale b c => vcol c (col b A)
  | _ => vadd_atom a A
  end.
End Collect.

(* ---------------------------------------------------------------- zero, and equal *)

Definition sound (O : objects) (o : oracle) : Prop := forall e w, natural e ->
  (forall a b, o_scal o a b = true -> sden O a e w = sden O b e w) /\ (forall a b, o_vect o a b = true -> vden O a e w = vden O b e w) /\
  (forall a, o_zero o a = true -> sden O a e w = 0).
Section Equal.
Variable C : context.
Variable o : oracle.
Definition is_zero (a : scal) : bool :=
  let A := col C o true [] a ([], []) in
  match tr o true (fst A) (snd A) a with
  | Some e => ex_zero (exponents C) (known_atoms C o true (fst A) (snd A)) e
  | None => false
  end.
Definition eq_scal (a b : scal) : bool := scal_eqb a b ||| is_zero (Ssub a b).
Definition eq_vect (a b : vect) : bool :=
  vect_eqb a b |||
  let A := vcol C o true [] b (vcol C o true [] a ([], [])) in
  match op2 pair (vtr o true (fst A) (snd A) a) (vtr o true (fst A) (snd A) b) with
  | Some (x, y) => check_veq (exponents C) (known_atoms C o true (fst A) (snd A)) [] x y
  | None => false
  end.
Definition renamed {A} (occ : positive -> A -> bool) (sub : subst -> A -> option A) (x y : positive) (b : A) : option A :=
  if Pos.eqb x y then Some b else if occ x b then None else sub (put y (TV x)) b.
Definition diff (a b : scal) : scal := Ssub b a.
Definition next_scal (a b : scal) : bool :=
  match a, b with
  | SSum x t p, SSum y u q =>
    teq t u &&& match renamed (socc KN) ssub x y q with Some r => eq_scal p r | None => false end
  | SE t p, SE u q => teq t u &&& eq_scal p q
  | Sexp p, Sexp q | Sln p, Sln q => eq_scal p q
  | Spw p k, Spw q l => Nat.eqb k l &&& eq_scal p q
  | Sapp k p, Sapp l q => Pos.eqb k l &&& eq_vect p q
  | Sproc k t, Sproc l u => Pos.eqb k l &&& teq t u
  | Snorm p, Snorm q => is_zero (Ssub (Sinner p p) (Sinner q q))
  | Sind r a b, Sind s c d =>
    rel_eqb r s &&& match r with
                    | REq => is_zero (Ssub (Smul (diff a b) (diff a b)) (Smul (diff c d) (diff c d)))
                    | _ => is_zero (Ssub (diff a b) (diff c d)) end
  | Sindv a b, Sindv c d =>
    let p := Vadd a (Vscale (Sq (-1)) b) in let q := Vadd c (Vscale (Sq (-1)) d) in is_zero (Ssub (Sinner p p) (Sinner q q))
  | _, _ => false
  end.
Definition next_vect (a b : vect) : bool :=
  match a, b with
  | VSum x t p, VSum y u q =>
    teq t u &&& match renamed (vocc KN) vsub x y q with Some r => eq_vect p r | None => false end
  | VE t p, VE u q => teq t u &&& eq_vect p q
  | Vapp k p, Vapp l q => Pos.eqb k l &&& eq_vect p q
  | Vproc k t, Vproc l u => Pos.eqb k l &&& teq t u
  | _, _ => false
  end.
Definition next : oracle := {| o_scal := next_scal; o_vect := next_vect; o_zero := is_zero |}.

Variable O : objects.
Hypothesis TR : truth O C.
Hypothesis OK : sound O o.
Lemma is_zero_ok : forall a e w, natural e -> is_zero a = true -> sden O a e w = 0.
Proof.
  intros a e w n h. destruct (OK e w n) as (p & q & r). unfold is_zero in h. cbv zeta in h. destruct (col C o true [] a ([], [])) as [L LV]. simpl in h.
  destruct (tr o true L LV a) as [x|] eqn:t; [|discriminate]. rewrite <- (proj1 (tr_vtr_ok o true L LV O e w p q r) a x t).
  exact (ex_zero_ok (alpha O) (more C) _ _ (t_exponents O C TR) _ _ _ (known_atoms_ok C o true L LV O TR e w n p q r) x h).
Qed.
Lemma eq_scal_ok : forall a b e w, natural e -> eq_scal a b = true -> sden O a e w = sden O b e w.
Proof.
  intros a b e w n h. apply lazy_or in h as [h|h]; [now rewrite (proj1 eqb_ok _ _ h)|]. apply (is_zero_ok _ e w n) in h. simpl in h. lra.
Qed.
Lemma eq_vect_ok : forall a b e w, natural e -> eq_vect a b = true -> vden O a e w = vden O b e w.
Proof.
  intros a b e w n h. apply lazy_or in h as [h|h]; [now rewrite (proj2 eqb_ok _ _ h)|]. destruct (OK e w n) as (p & q & r). cbv zeta in h.
  destruct (vcol C o true [] b (vcol C o true [] a ([], []))) as [L LV]. simpl in h.
  destruct (vtr o true L LV a) as [x|] eqn:ta; [|discriminate]. destruct (vtr o true L LV b) as [y|] eqn:tb; [|discriminate]. simpl in h.
  rewrite <- (proj2 (tr_vtr_ok o true L LV O e w p q r) a x ta), <- (proj2 (tr_vtr_ok o true L LV O e w p q r) b y tb).
  exact (combine_veq (alpha O) (more C) _ _ (t_exponents O C TR) _ _ _ (known_atoms_ok C o true L LV O TR e w n p q r) [] x y I h).
Qed.
Lemma renamed_mapped : forall occ x y e j w, (forall z, occ KN z = true -> z <> x) ->
  mapped O (put y (TV x)) occ (set_n e y j) (set_n e x j) w.
Proof.
  intros occ x y e j w h. repeat split; intros z g; simpl; try reflexivity. unfold upd. rewrite (Pos.eqb_sym y z).
  destruct (Pos.eqb z y); [simpl; unfold upd; now rewrite Pos.eqb_refl|]. destruct (Pos.eqb z x) eqn:q; [|reflexivity].
  apply Pos.eqb_eq in q. exfalso. exact (h z g q).
Qed.
Lemma renamed_scal : forall x y q r e j w, renamed (socc KN) ssub x y q = Some r -> sden O q (set_n e y j) w = sden O r (set_n e x j) w.
Proof.
  intros x y q r e j w h. unfold renamed in h. destruct (Pos.eqb x y) eqn:z; [apply Pos.eqb_eq in z; subst; injection h as ->; reflexivity|].
  destruct (socc KN x q) eqn:f; [discriminate|]. apply (proj1 (sub_ok O) q _ r _ _ w h). apply renamed_mapped. intros v g k. subst. congruence.
Qed.
Lemma renamed_vect : forall x y q r e j w, renamed (vocc KN) vsub x y q = Some r -> vden O q (set_n e y j) w = vden O r (set_n e x j) w.
Proof.
  intros x y q r e j w h. unfold renamed in h. destruct (Pos.eqb x y) eqn:z; [apply Pos.eqb_eq in z; subst; injection h as ->; reflexivity|].
  destruct (vocc KN x q) eqn:f; [discriminate|]. apply (proj2 (sub_ok O) q _ r _ _ w h). apply renamed_mapped. intros v g k. subst. congruence.
Qed.
Lemma next_scal_ok : forall a b e w, natural e -> next_scal a b = true -> sden O a e w = sden O b e w.
Proof.
  intros a b e w n h. destruct a; destruct b; try discriminate; simpl in h; split_tests; subst.
  - simpl. now rewrite (eq_scal_ok _ _ e w n H0).
  - simpl. apply norm_ext. apply (is_zero_ok _ e w n) in h. simpl in h. lra.
  - simpl. now rewrite (eq_scal_ok _ _ e w n h).
  - simpl. now rewrite (eq_scal_ok _ _ e w n h).
  - simpl. now rewrite (teq_ok O e _ _ H0).
  - simpl. now rewrite (eq_vect_ok _ _ e w n H0).
  - destruct (renamed (socc KN) ssub x x0 b) as [r|] eqn:q; [|discriminate]. simpl. rewrite (teq_ok O e _ _ H).
    apply Rsum_ext. intros j hj. rewrite (renamed_scal _ _ _ _ e j w q). apply eq_scal_ok; [now apply natural_set|assumption].
  - simpl. rewrite (teq_ok O e _ _ H). apply E_ext. intros v. now apply eq_scal_ok.
  - destruct r0; apply (is_zero_ok _ e w n) in H0; cbn [sden diff] in H0; cbn [sden ind_den];
      [apply ind_le_ext|apply ind_lt_ext|apply ind_eq_ext]; lra.
  - apply (is_zero_ok _ e w n) in h. simpl. apply ind_veq_ext. apply Rminus_diag_uniq. exact h.
Qed.
Lemma next_vect_ok : forall a b e w, natural e -> next_vect a b = true -> vden O a e w = vden O b e w.
Proof.
  intros a b e w n h. destruct a; destruct b; try discriminate; simpl in h; split_tests; subst.
  - simpl. now rewrite (teq_ok O e _ _ H0).
  - simpl. now rewrite (eq_vect_ok _ _ e w n H0).
  - destruct (renamed (vocc KN) vsub x x0 b) as [r|] eqn:q; [|discriminate]. simpl. rewrite (teq_ok O e _ _ H).
    apply Vsum_ext. intros j hj. rewrite (renamed_vect _ _ _ _ e j w q). apply eq_vect_ok; [now apply natural_set|assumption].
  - simpl. rewrite (teq_ok O e _ _ H). apply Ev_ext. intros v. now apply eq_vect_ok.
Qed.
Lemma next_ok : sound O next.
Proof.
  intros e w n. repeat split; [intros; now apply next_scal_ok|intros; now apply next_vect_ok|intros; now apply is_zero_ok].
Qed.
End Equal.

(* an oracle that knows what has been checked *)
Section Listed.
Variable C : context.
Definition meets {A} (eq : A -> A -> bool) (a b x y : A) : bool := (eq x a &&& eq y b) ||| (eq x b &&& eq y a).
Definition knowing (o : oracle) (q : equality) : oracle :=
  match q with
  | Same a b => {| o_scal := fun x y => meets scal_eqb a b x y ||| o_scal o x y; o_vect := o_vect o; o_zero := o_zero o |}
  | Vsame v w => {| o_scal := o_scal o; o_vect := fun x y => meets vect_eqb v w x y ||| o_vect o x y; o_zero := o_zero o |}
  | Zero a => {| o_scal := o_scal o; o_vect := o_vect o; o_zero := fun x => scal_eqb x a ||| o_zero o x |}
  end.
Definition equality_holds (o : oracle) (q : equality) : bool :=
  match q with Same a b => next_scal C o a b | Vsame v w => next_vect C o v w | Zero a => is_zero C o a end.
Fixpoint listed (o : oracle) (l : list equality) : option oracle :=
  match l with [] => Some o | q :: r => if equality_holds o q then listed (knowing o q) r else None end.
Lemma meets_ok : forall A B (eq : A -> A -> bool) (f : A -> B) a b x y, (forall x y, eq x y = true -> x = y) -> f a = f b ->
  meets eq a b x y = true -> f x = f y.
Proof.
  intros A B eq f a b x y k g h. unfold meets in h. apply lazy_or in h as [h|h]; apply lazy_and in h as [h1 h2];
    rewrite (k _ _ h1), (k _ _ h2); congruence.
Qed.
Variable O : objects.
Hypothesis TR : truth O C.
Lemma knowing_ok : forall o q, sound O o -> equality_holds o q = true -> sound O (knowing o q).
Proof.
  intros o q S h e w n. destruct (S e w n) as (s & v & z). destruct q as [a b|a b|a]; simpl in *; (repeat split; try assumption).
  - intros x y g. apply lazy_or in g as [g|g]; [|now apply s].
    exact (meets_ok _ _ scal_eqb (fun a => sden O a e w) a b x y (proj1 eqb_ok) (next_scal_ok C o O TR S a b e w n h) g).
  - intros x y g. apply lazy_or in g as [g|g]; [|now apply v].
    exact (meets_ok _ _ vect_eqb (fun a => vden O a e w) a b x y (proj2 eqb_ok) (next_vect_ok C o O TR S a b e w n h) g).
  - intros x g. apply lazy_or in g as [g|g]; [|now apply z].
    rewrite (proj1 eqb_ok _ _ g). exact (is_zero_ok C o O TR S a e w n h).
Qed.
Lemma listed_ok : forall l o r, sound O o -> listed o l = Some r -> sound O r.
Proof.
  induction l as [|q l IH]; intros o r S h; simpl in h; [injection h as <-; exact S|].
  destruct (equality_holds o q) eqn:g; [|discriminate]. exact (IH _ r (knowing_ok o q S g) h).
Qed.
End Listed.

Definition structural : oracle := {| o_scal := fun _ _ => false; o_vect := fun _ _ => false; o_zero := fun _ => false |}.
Lemma structural_ok : forall O, sound O structural.
Proof. intros O e w n. repeat split; intros; discriminate. Qed.
Definition deep (C : context) : oracle := next C (next C (next C structural)).
Lemma deep_ok : forall O C, truth O C -> sound O (deep C).
Proof. intros O C TR. apply next_ok; [exact TR|]. apply next_ok; [exact TR|]. apply next_ok; [exact TR|]. apply structural_ok. Qed.

(* ---------------------------------------------------------------- the cheap tests first: most pairs need no look into the atoms *)

Section Levels.
Variable C : context.
(* a test at one level after another *)
Definition by_levels (test : oracle -> bool) : bool := test structural ||| test (next C structural) ||| test (deep C).
Lemma by_levels_ok : forall O test, truth O C -> by_levels test = true -> exists o, sound O o /\ test o = true.
Proof.
  intros O test TR h. unfold by_levels in h. repeat (apply lazy_or in h as [h|h]); eexists; (split; [|exact h]).
  - apply structural_ok.
  - exact (next_ok C _ O TR (structural_ok O)).
  - exact (deep_ok O C TR).
Qed.
(* a polynomial identity, with everything else an atom *)
Definition polynomial_zero (a : scal) : bool :=
  let A := col C structural false [] a ([], []) in
  match tr structural false (fst A) (snd A) a with
  | Some e => ex_zero (exponents C) (known_atoms C structural false (fst A) (snd A)) e
  | None => false
  end.
Definition zero_by_levels (a : scal) : bool :=
  polynomial_zero a ||| by_levels (fun o => is_zero C o a).
Definition equal_by_levels (a b : scal) : bool := scal_eqb a b ||| zero_by_levels (Ssub a b).
Definition vequal_by_levels (a b : vect) : bool := by_levels (fun o => eq_vect C o a b).
Variable O : objects.
Hypothesis TR : truth O C.
Lemma polynomial_zero_ok : forall a e w, natural e -> polynomial_zero a = true -> sden O a e w = 0.
Proof.
  intros a e w n h. destruct (structural_ok O e w n) as (p & q & r). unfold polynomial_zero in h. cbv zeta in h.
  destruct (col C structural false [] a ([], [])) as [L LV]. simpl in h.
  destruct (tr structural false L LV a) as [x|] eqn:t; [|discriminate].
  rewrite <- (proj1 (tr_vtr_ok structural false L LV O e w p q r) a x t).
  exact (ex_zero_ok (alpha O) (more C) _ _ (t_exponents O C TR) _ _ _ (known_atoms_ok C structural false L LV O TR e w n p q r) x h).
Qed.
Lemma zero_by_levels_ok : forall a e w, natural e -> zero_by_levels a = true -> sden O a e w = 0.
Proof.
  intros a e w n h. apply lazy_or in h as [h|h]; [now apply polynomial_zero_ok|].
  apply (by_levels_ok O _ TR) in h as (o & s & h). exact (is_zero_ok C o O TR s a e w n h).
Qed.
Lemma equal_by_levels_ok : forall a b, equal_by_levels a b = true -> forall e w, natural e -> sden O a e w = sden O b e w.
Proof.
  intros a b h e w n. apply lazy_or in h as [h|h]; [now rewrite (proj1 eqb_ok _ _ h)|].
  apply (zero_by_levels_ok _ e w n) in h. simpl in h. lra.
Qed.
Lemma vequal_by_levels_ok : forall a b, vequal_by_levels a b = true -> forall e w, natural e -> vden O a e w = vden O b e w.
Proof.
  intros a b h e w n. unfold vequal_by_levels in h. apply (by_levels_ok O _ TR) in h as (o & s & h). exact (eq_vect_ok C o O TR s a b e w n h).
Qed.
End Levels.

(* ---------------------------------------------------------------- the same fact *)

Section SameFact.
Variable C : context.
Let zero := zero_by_levels C.
Let equal := equal_by_levels C.
Let vequal := vequal_by_levels C.
Fixpoint same_fact (f g : fact) {struct f} : bool :=
  match f, g with
  | Frel r a b, Frel s c d =>
    rel_eqb r s &&&
    ((scal_eqb a c &&& scal_eqb b d) ||| zero (Ssub (diff a b) (diff c d)) |||
     match r with REq => zero (Sadd (diff a b) (diff c d)) | _ => false end)
  | Fveq a b, Fveq c d =>
    (vect_eqb a c &&& vect_eqb b d) |||
    vequal (Vadd b (Vscale (Sq (-1)) a)) (Vadd d (Vscale (Sq (-1)) c)) |||
    vequal (Vadd b (Vscale (Sq (-1)) a)) (Vadd c (Vscale (Sq (-1)) d))
  | Fand f f', Fand g g' => same_fact f g &&& same_fact f' g'
  | Fimp f f', Fimp g g' => same_fact f g &&& same_fact f' g'
  | FallN x f, FallN y g => Pos.eqb x y &&& same_fact f g
  | FallV x f, FallV y g => Pos.eqb x y &&& same_fact f g
  | FallR x t f, FallR y u g => Pos.eqb x y &&& teq t u &&& same_fact f g
  | Fwhp a f, Fwhp b g => equal a b &&& same_fact f g
  | _, _ => false
  end.
Variable O : objects.
Hypothesis TR : truth O C.
Lemma v_diff : forall a b c d, vadd b (scale (-1) a) = vadd d (scale (-1) c) -> (a = b <-> c = d).
Proof.
  intros a b c d h. assert (Z : forall x y, x = y <-> vadd y (scale (-1) x) = vzero).
  { intros x y. split; intros k.
    - subst y. apply (inner_definite ips). rewrite !(inner_add ips), !inner_add_r, !(inner_scale ips), !inner_scale_r, !inner_zero_r, (inner_zero ips). ring.
    - symmetry. apply (inner_definite ips). rewrite k. apply (inner_zero ips). }
  rewrite (Z a b), (Z c d), h. tauto.
Qed.
Lemma same_fact_ok : forall f g, same_fact f g = true -> forall e w, natural e -> (holds O f e w <-> holds O g e w).
Proof.
  assert (ZO : forall a e w, natural e -> zero a = true -> sden O a e w = 0).
  { intros a e w n h. exact (zero_by_levels_ok C O TR a e w n h). }
  assert (VO : forall a b e w, natural e -> vequal a b = true -> vden O a e w = vden O b e w).
  { intros a b e w n h. exact (vequal_by_levels_ok C O TR a b h e w n). }
  induction f; intros g h e w' n; destruct g; try discriminate; simpl in h.
  - apply lazy_and in h as [h1 h]. apply rel_eqb_ok in h1. subst r0. apply lazy_or in h as [h|h]; [apply lazy_or in h as [h|h]|].
    + apply lazy_and in h as [h1 h2]. rewrite (proj1 eqb_ok _ _ h1), (proj1 eqb_ok _ _ h2). tauto.
    + apply (ZO _ e w' n) in h. simpl in *. destruct r; simpl; split; intros; lra.
    + destruct r; try discriminate. apply (ZO _ e w' n) in h. simpl in *. split; intros; lra.
  - apply lazy_or in h as [h|h]; [apply lazy_or in h as [h|h]|].
    + apply lazy_and in h as [h1 h2]. rewrite (proj2 eqb_ok _ _ h1), (proj2 eqb_ok _ _ h2). tauto.
    + apply (VO _ _ e w' n) in h. simpl in h. change (qval (-1)) with (-1) in h. simpl. now apply v_diff.
    + apply (VO _ _ e w' n) in h. simpl in h. change (qval (-1)) with (-1) in h. simpl. rewrite (v_diff _ _ _ _ h). split; intros; now symmetry.
  - apply lazy_and in h as [h1 h2]. simpl. rewrite (IHf1 _ h1 e w' n), (IHf2 _ h2 e w' n). tauto.
  - apply lazy_and in h as [h1 h2]. simpl. rewrite (IHf1 _ h1 e w' n), (IHf2 _ h2 e w' n). tauto.
  - apply lazy_and in h as [h1 h2]. apply Pos.eqb_eq in h1. subst x0. simpl.
    split; intros k j p; (apply (IHf _ h2); [now apply natural_set|now apply k]).
  - apply lazy_and in h as [h1 h2]. apply Pos.eqb_eq in h1. subst x0. simpl. split; intros k u; (apply (IHf _ h2); [exact n|apply k]).
  - apply lazy_and in h as [h h2]. apply lazy_and in h as [h1 h3]. apply Pos.eqb_eq in h1. subst x0. simpl. rewrite (teq_ok O e _ _ h3).
    split; intros k u p; (apply (IHf _ h2); [exact n|now apply k]).
  - apply lazy_and in h as [h1 h2]. simpl. rewrite (equal_by_levels_ok C O TR _ _ h1 e w' n).
    split; intros k; (eapply whp_weaken; [exact k| |lra]); intros v; now apply (IHf _ h2 e v n).
Qed.
End SameFact.
