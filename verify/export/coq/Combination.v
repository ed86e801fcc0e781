(* The rule combine: an identity between known facts and the goal, over atoms. *)
From Coq Require Import Reals Lra ZArith QArith Qreals List Bool.
From Tailcert Require Import Tailcert Terms Substitute Equality.
Import ListNotations.
Open Scope R_scope.

Fixpoint sequence {A} (l : list (option A)) : option (list A) := match l with [] => Some [] | a :: r => op2 cons a (sequence r) end.
Lemma sequence_In : forall A (l : list (option A)) k x, sequence l = Some k -> List.In x k -> List.In (Some x) l.
Proof.
  intros A l. induction l as [|a l IH]; intros k x h i; simpl in h; [injection h as <-; destruct i|].
  apply op2_Some in h as (y & r & -> & h & ->). destruct i as [->|i]; [now left|]. right. now apply (IH r).
Qed.

Section Combine.
Variable C : context.
Variable same : fact -> fact -> bool.
Variable P : list sequent.

Section Certificate.
Variable o : oracle.
Variable full : bool.
Variable A : atoms.
Let tr' := tr o full (fst A) (snd A).
Let vtr' := vtr o full (fst A) (snd A).
Definition claim_of (i : nat) : option claim :=
  match nth_error P i with
  | Some (_, Frel RLe a b) => op2 Fle (tr' a) (tr' b)
  | Some (_, Frel RLt a b) => op2 Flt (tr' a) (tr' b)
  | _ => None
  end.
Definition item_of (p : product) : option item :=
  match sequence (map claim_of (p_facts p)), tr' (p_weight p), sequence (map tr' (p_squares p)), sequence (map vtr' (p_vsquares p)) with
  | Some c, Some m, Some s, Some v => Some (Build_item c m s v)
  | _, _, _, _ => None
  end.
Definition equation_of (x : nat * scal) : option (ex * ex * ex) :=
  match nth_error P (fst x) with Some (_, Frel REq a b) => op2 pair (op2 pair (tr' a) (tr' b)) (tr' (snd x)) | _ => None end.
Definition vequation_of (x : nat * vect) : option (vx * vx * vx) :=
  match nth_error P (fst x) with Some (_, Fveq a b) => op2 pair (op2 pair (vtr' a) (vtr' b)) (vtr' (snd x)) | _ => None end.
Definition scaled_of (x : nat * scal) : option (vx * vx * ex) :=
  match nth_error P (fst x) with Some (_, Fveq a b) => op2 pair (op2 pair (vtr' a) (vtr' b)) (tr' (snd x)) | _ => None end.
Definition certificate (scaling : product) (items : list product) (eqs : list (nat * scal)) (veqs : list (nat * vect)) : option cert :=
  match item_of scaling, sequence (map item_of items), sequence (map equation_of eqs), sequence (map vequation_of veqs) with
  | Some s, Some i, Some e, Some v => Some (Build_cert s i e v)
  | _, _, _, _ => None
  end.
Definition combines (c : option cert) (f : fact) : bool :=
  let T := exponents C in
  let S := known_atoms C o full (fst A) (snd A) in
  match c, f with
  | Some c, Frel r a b =>
    match tr' a, tr' b with
    | Some x, Some y => match r with RLe => check_le T S c x y | RLt => check_lt T S c x y | REq => check_eq T S c x y end
    | _, _ => false
    end
  | _, _ => false
  end.

Variable O : objects.
Hypothesis TR : truth O C.
Variable e : env.
Variable w : Omega.
Hypothesis N : natural e.
Hypothesis KNOWN : forall i p, nth_error P i = Some p -> holds O (snd p) e w.
Let l := values (fst A) O e w.
Let vl := vvalues (snd A) O e w.
Hypothesis OK : Equality.sound O o.
Let D := OK e w N.
Lemma tr_ok : forall a x, tr' a = Some x -> Tailcert.den (etv O) l vl x = sden O a e w.
Proof. exact (proj1 (tr_vtr_ok o full (fst A) (snd A) O e w (proj1 D) (proj1 (proj2 D)) (proj2 (proj2 D)))). Qed.
Lemma vtr_ok : forall a x, vtr' a = Some x -> Tailcert.vden (etv O) l vl x = vden O a e w.
Proof. exact (proj2 (tr_vtr_ok o full (fst A) (snd A) O e w (proj1 D) (proj1 (proj2 D)) (proj2 (proj2 D)))). Qed.
Lemma atoms_ok : step_ok (etv O) l vl (known_atoms C o full (fst A) (snd A)).
Proof. exact (known_atoms_ok C o full (fst A) (snd A) O TR e w N (proj1 D) (proj1 (proj2 D)) (proj2 (proj2 D))). Qed.
Lemma sequence_all : forall B X (f : X -> option B) (Q : B -> Prop) s k, sequence (map f s) = Some k ->
  (forall x b, f x = Some b -> Q b) -> all Q k.
Proof.
  intros B X f Q s k h q. apply all_of. intros b i. apply (sequence_In _ _ _ _ h) in i. apply in_map_iff in i as (x & g & _). now apply (q x).
Qed.
Lemma claim_ok : forall i c, claim_of i = Some c -> fden (etv O) l vl c.
Proof.
  intros i c h. unfold claim_of in h. destruct (nth_error P i) as [[H f]|] eqn:q; [|discriminate]. apply KNOWN in q. simpl in q.
  destruct f; try discriminate. destruct r; try discriminate; apply op2_Some in h as (x & y & hx & hy & ->); simpl;
    rewrite (tr_ok _ _ hx), (tr_ok _ _ hy); exact q.
Qed.
Lemma item_facts : forall p i, item_of p = Some i -> all (fden (etv O) l vl) (facts i).
Proof.
  intros p i h. unfold item_of in h. destruct (sequence (map claim_of (p_facts p))) as [c|] eqn:q; [|discriminate].
  destruct (tr' (p_weight p)); [|discriminate]. destruct (sequence (map tr' (p_squares p))); [|discriminate].
  destruct (sequence (map vtr' (p_vsquares p))); [|discriminate]. injection h as <-. simpl.
  exact (sequence_all _ _ _ _ _ _ q claim_ok).
Qed.
Lemma certificate_ok : forall s i q v c, certificate s i q v = Some c -> cert_ok (etv O) l vl c.
Proof.
  intros s i q v c h. unfold certificate in h. destruct (item_of s) as [s'|] eqn:hs; [|discriminate].
  destruct (sequence (map item_of i)) as [i'|] eqn:hi; [|discriminate]. destruct (sequence (map equation_of q)) as [q'|] eqn:hq; [|discriminate].
  destruct (sequence (map vequation_of v)) as [v'|] eqn:hv; [|discriminate]. injection h as <-.
  split; [exact (item_facts _ _ hs)|]. split; [exact (sequence_all _ _ _ _ _ _ hi item_facts)|]. split.
  - apply (sequence_all _ _ _ _ _ _ hq). intros [k m] x g. unfold equation_of in g. simpl in g.
    destruct (nth_error P k) as [[H f]|] eqn:r; [|discriminate]. apply KNOWN in r. simpl in r. destruct f; try discriminate. destruct r0; try discriminate.
    apply op2_Some in g as (xy & z & g & hz & ->). apply op2_Some in g as (x' & y' & hx & hy & ->). simpl. now rewrite (tr_ok _ _ hx), (tr_ok _ _ hy).
  - apply (sequence_all _ _ _ _ _ _ hv). intros [k m] x g. unfold vequation_of in g. simpl in g.
    destruct (nth_error P k) as [[H f]|] eqn:r; [|discriminate]. apply KNOWN in r. simpl in r. destruct f; try discriminate.
    apply op2_Some in g as (xy & z & g & hz & ->). apply op2_Some in g as (x' & y' & hx & hy & ->). simpl. now rewrite (vtr_ok _ _ hx), (vtr_ok _ _ hy).
Qed.
Lemma combines_ok : forall s i q v f, combines (certificate s i q v) f = true -> holds O f e w.
Proof.
  intros s i q v f h. unfold combines in h. destruct (certificate s i q v) as [c|] eqn:hc; [|discriminate]. apply certificate_ok in hc.
  destruct f; try discriminate. destruct (tr' a) as [x|] eqn:hx; [|discriminate]. destruct (tr' b) as [y|] eqn:hy; [|discriminate].
  simpl. rewrite <- (tr_ok _ _ hx), <- (tr_ok _ _ hy). pose proof (t_exponents O C TR) as T. pose proof atoms_ok as S.
  destruct r; [exact (combine_le _ _ _ _ T _ _ _ S c x y hc h)|exact (combine_lt _ _ _ _ T _ _ _ S c x y hc h)|exact (combine_eq _ _ _ _ T _ _ _ S c x y hc h)].
Qed.
Lemma vequations_ok : forall q k, sequence (map scaled_of q) = Some k ->
  all (fun x => Tailcert.vden (etv O) l vl (fst (fst x)) = Tailcert.vden (etv O) l vl (snd (fst x))) k.
Proof.
  intros q k h. apply (sequence_all _ _ _ _ _ _ h). intros [j m] x g. unfold scaled_of in g. simpl in g.
  destruct (nth_error P j) as [[H f]|] eqn:r; [|discriminate]. apply KNOWN in r. simpl in r. destruct f; try discriminate.
  apply op2_Some in g as (xy & z & g & hz & ->). apply op2_Some in g as (x' & y' & hx & hy & ->). simpl. now rewrite (vtr_ok _ _ hx), (vtr_ok _ _ hy).
Qed.
End Certificate.

Section Test.
Variable o : oracle.
(* the atoms of all terms that a step mentions *)
Definition col_fact (full : bool) (stop : list scal) (f : fact) (A : atoms) : atoms :=
  match f with
  | Frel _ a b => col C o full stop b (col C o full stop a A)
  | Fveq a b => vcol C o full stop b (vcol C o full stop a A)
  | _ => A
  end.
Definition col_product (full : bool) (stop : list scal) (A : atoms) (p : product) : atoms :=
  fold_left (fun A v => vcol C o full stop v A) (p_vsquares p)
    (fold_left (fun A s => col C o full stop s A) (p_squares p) (col C o full stop (p_weight p) A)).
Definition atoms_of (full : bool) (stop : list scal) (f : fact) (ps : list product) (ss : list scal) (vs : list vect) : atoms :=
  fold_left (fun A v => vcol C o full stop v A) vs
    (fold_left (fun A s => col C o full stop s A) ss
      (fold_left (col_product full stop) ps
        (fold_left (fun A p => col_fact full stop (snd p) A) P (col_fact full stop f ([], []))))).
Definition combined (full : bool) (stop : list scal) (scaling : product) (items : list product) (eqs : list (nat * scal))
    (veqs : list (nat * vect)) (f : fact) : bool :=
  let A := atoms_of full stop f (scaling :: items) (map snd eqs) (map snd veqs) in
  combines o full A (certificate o full A scaling items eqs veqs) f.
Definition vcombined (eqs : list (nat * scal)) (f : fact) : bool :=
  let A := atoms_of true [] f [] (map snd eqs) [] in
  match f with
  | Fveq a b =>
    match sequence (map (scaled_of o true A) eqs), vtr o true (fst A) (snd A) a, vtr o true (fst A) (snd A) b with
    | Some q, Some x, Some y => check_veq (exponents C) (known_atoms C o true (fst A) (snd A)) q x y
    | _, _, _ => false
    end
  | _ => false
  end.
(* a difference that is a number of the wrong sign *)
Definition number_of (a : scal) : option Q :=
  let A := col C o true [] a ([], []) in
  match tr o true (fst A) (snd A) a with
  | Some x => match nfr (exponents C) (known_atoms C o true (fst A) (snd A)) x with Some [] => Some 0%Q | Some [([], c)] => Some c | _ => None end
  | None => None
  end.
Definition impossible : bool :=
  match P with
  | [(_, Frel r a b)] =>
    match number_of (Ssub a b) with
    | Some c => match r with RLe => negb (Qle_bool c 0) | RLt => Qle_bool 0 c | REq => negb (Qeq_bool c 0) end
    | None => false
    end
  | _ => false
  end.

Variable O : objects.
Hypothesis TR : truth O C.
Hypothesis OK : Equality.sound O o.
Lemma vcombined_ok : forall q f e w, vcombined q f = true -> natural e -> (forall i p, nth_error P i = Some p -> holds O (snd p) e w) -> holds O f e w.
Proof.
  intros q f e w h n K. unfold vcombined in h. cbv zeta in h. set (A := atoms_of _ _ _ _ _ _) in h. clearbody A.
  destruct f; try discriminate.
  destruct (sequence (map (scaled_of o true A) q)) as [q'|] eqn:hq; [|discriminate].
  destruct (vtr o true (fst A) (snd A) a) as [x|] eqn:hx; [|discriminate].
  destruct (vtr o true (fst A) (snd A) b) as [y|] eqn:hy; [|discriminate]. simpl.
  rewrite <- (vtr_ok o true A O e w n OK a x hx), <- (vtr_ok o true A O e w n OK b y hy).
  exact (combine_veq _ _ _ _ (t_exponents O C TR) _ _ _ (atoms_ok o true A O TR e w n OK) q' x y (vequations_ok o true A O e w n K OK q q' hq) h).
Qed.
Lemma number_of_ok : forall a c e w, number_of a = Some c -> natural e -> sden O a e w = Q2R c.
Proof.
  intros a c e w h n. unfold number_of in h. cbv zeta in h. set (A := col _ _ _ _ _ _) in h. clearbody A.
  destruct (tr o true (fst A) (snd A) a) as [x|] eqn:hx; [|discriminate]. rewrite <- (tr_ok o true A O e w n OK a x hx).
  destruct (nfr (exponents C) (known_atoms C o true (fst A) (snd A)) x) as [p|] eqn:hp; [|discriminate].
  rewrite (nfr_ok _ _ _ _ (t_exponents O C TR) _ _ _ (atoms_ok o true A O TR e w n OK) x p hp).
  destruct p as [|[[|m1 m] d] [|t p]]; try discriminate; injection h as <-; simpl; [symmetry; apply RMicromega.Q2R_0|ring].
Qed.
Lemma impossible_ok : forall e w, impossible = true -> natural e -> (forall i p, nth_error P i = Some p -> holds O (snd p) e w) -> False.
Proof.
  intros e w h n K. unfold impossible in h.
  destruct P as [|[H g] [|x Q]]; try discriminate; try (destruct g; discriminate).
  destruct g; try discriminate. pose proof (K 0%nat _ eq_refl) as known. simpl in known. destruct (number_of (Ssub a b)) as [c|] eqn:hc; [|discriminate].
  apply (number_of_ok _ c e w) in hc; [|exact n]. simpl in hc. destruct r; simpl in known.
  - apply negb_true_iff in h. assert (~ (c <= 0)%Q) by (intros z; apply Qle_bool_iff in z; congruence). apply Qnot_le_lt, Qlt_Rlt in H0.
    rewrite RMicromega.Q2R_0 in H0. lra.
  - apply Qle_bool_iff, Qle_Rle in h. rewrite RMicromega.Q2R_0 in h. lra.
  - apply negb_true_iff in h. assert (z : Q2R c = 0) by lra. rewrite <- RMicromega.Q2R_0 in z. apply eqR_Qeq in z. apply Qeq_bool_iff in z. congruence.
Qed.
End Test.

Fixpoint supports (G : list fact) (l : list sequent) : bool := match l with [] => true | p :: r => covers same G (fst p) &&& supports G r end.
(* over atoms and equalities that are given *)
Definition combined_over (L : list scal) (LV : list vect) (equal : list equality) (scaling : product) (items : list product)
    (eqs : list (nat * scal)) (veqs : list (nat * vect)) (f : fact) : bool :=
  match listed C structural equal with
  | Some o => combines o true (L, LV) (certificate o true (L, LV) scaling items eqs veqs) f
  | None => false
  end.
Definition check_combine (terms : opening) (scaling : product) (items : list product) (eqs : list (nat * scal))
    (veqs : list (nat * vect)) (G : list fact) (f : fact) : bool :=
  supports G P &&&
  match terms with
  | Closed stop => combined structural false stop scaling items eqs veqs f
  | Opened L LV equal => combined_over L LV equal scaling items eqs veqs f ||| by_levels C (fun o => combined o true [] scaling items eqs veqs f)
  end.
Definition check_combine_vec (eqs : list (nat * scal)) (G : list fact) (f : fact) : bool :=
  supports G P &&& by_levels C (fun o => vcombined o eqs f).
Definition check_absurd (G : list fact) (f : fact) : bool := supports G P &&& by_levels C (fun o => impossible o).

Variable O : objects.
Hypothesis TR : truth O C.
Hypothesis same_ok : forall f g, same f g = true -> forall e w, natural e -> (holds O f e w <-> holds O g e w).
Hypothesis PROVED : all (fun p => valid O (fst p) (snd p)) P.
Lemma supports_ok : forall G e w, supports G P = true -> natural e -> all_hold O G e w -> forall i p, nth_error P i = Some p -> holds O (snd p) e w.
Proof.
  intros G e w. revert PROVED. generalize P as l. induction l as [|q l IH]; intros v h n k [|i] p g; try discriminate; destruct v as [v1 v2];
    apply lazy_and in h as [h1 h2]; [injection g as ->; apply (v1 e w n); exact (covers_ok O same same_ok G _ h1 e w n k)|now apply (IH v2 h2 n k i)].
Qed.
Lemma check_combine_ok : forall t s i q v G f, check_combine t s i q v G f = true -> valid O G f.
Proof.
  intros t s i q v G f h e w n k. apply lazy_and in h as [h1 h2]. pose proof (supports_ok G e w h1 n k) as K.
  assert (B : exists o full A, Equality.sound O o /\ combines o full A (certificate o full A s i q v) f = true).
  { destruct t as [stop|L LV q']; [|apply lazy_or in h2 as [h2|h2]].
    - exists structural, false. eexists. split; [apply structural_ok|exact h2].
    - unfold combined_over in h2. destruct (listed C structural q') as [o|] eqn:l; [|discriminate].
      exists o, true, (L, LV). split; [exact (listed_ok C O TR q' _ o (structural_ok O) l)|exact h2].
    - apply (by_levels_ok C O _ TR) in h2 as (o & S & h). exists o, true. eexists. split; [exact S|exact h]. }
  destruct B as (o & full & A & S & h). exact (combines_ok o full A O TR e w n K S s i q v f h).
Qed.
Lemma check_combine_vec_ok : forall q G f, check_combine_vec q G f = true -> valid O G f.
Proof.
  intros q G f h e w n k. apply lazy_and in h as [h1 h2]. apply (by_levels_ok C O _ TR) in h2 as (o & S & h).
  exact (vcombined_ok o O TR S q f e w h n (supports_ok G e w h1 n k)).
Qed.
Lemma check_absurd_ok : forall G f, check_absurd G f = true -> valid O G f.
Proof.
  intros G f h e w n k. apply lazy_and in h as [h1 h2]. apply (by_levels_ok C O _ TR) in h2 as (o & S & h).
  exfalso. exact (impossible_ok o O TR S e w h n (supports_ok G e w h1 n k)).
Qed.
End Combine.
