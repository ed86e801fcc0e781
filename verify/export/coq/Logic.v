(* The rules of logic, of recursions and of sums. *)
From Coq Require Import Reals Lra Lia ZArith QArith Qreals List Bool FunctionalExtensionality.
From Tailcert Require Import Tailcert Terms Substitute.
Import ListNotations.
Open Scope R_scope.

Lemma qval_inject : forall z, qval (inject_Z z) = IZR z.
Proof. reflexivity. Qed.
Lemma holds_self : forall O f e w x, holds O f (set_n e x (ni e x)) w <-> holds O f e w.
Proof.
  intros. apply holds_agree. repeat split; intros y _; simpl; try reflexivity. unfold upd.
  destruct (Pos.eqb y x) eqn:q; [apply Pos.eqb_eq in q; now subst|reflexivity].
Qed.

Section Logic.
Variable O : objects.
Variable C : context.
Hypothesis TR : truth O C.
Variable same : fact -> fact -> bool.
Hypothesis same_ok : forall f g, same f g = true -> forall e w, natural e -> (holds O f e w <-> holds O g e w).
Variable meas : time -> vect -> bool.
Hypothesis meas_ok : forall t u e, meas t u = true -> natural e -> MeasV (tden O t e) (fun w => vden O u e w).

Let proved (p : sequent) : Prop := valid O (fst p) (snd p).
Let ent := entails same.
Lemma ent_ok : forall G p f, ent G p f = true -> proved p -> valid O G f.
Proof. intros G p f h v. exact (entails_ok O same same_ok G p f h v). Qed.
Lemma done : forall G f g, same f g = true -> valid O G f -> valid O G g.
Proof. intros G f g h v e w n k. apply (same_ok _ _ h e w n). now apply v. Qed.
Definition any (P : list sequent) (G : list fact) (f : fact) : bool := existsb (fun p => ent G p f) P.
Lemma any_ok : forall P G f, any P G f = true -> all proved P -> valid O G f.
Proof. intros P G f h v. apply existsb_exists in h as (p & i & q). apply (ent_ok G p f q). exact (all_In _ _ _ _ v i). Qed.

Definition fresh (k : kind) (x : positive) (G : list fact) : bool := forallb (fun g => negb (focc k x g)) G.
Lemma fresh_n : forall x G e j w, fresh KN x G = true -> all_hold O G e w -> all_hold O G (set_n e x j) w.
Proof.
  intros x G e j w. induction G as [|g G IH]; intros h k; [exact I|]. simpl in h. apply andb_prop in h as [h1 h2]. destruct k as [k1 k2].
  split; [|now apply IH]. apply negb_true_iff in h1. now apply focc_ok.
Qed.
Lemma fresh_v : forall x G e u w, fresh KV x G = true -> all_hold O G e w -> all_hold O G (set_v e x u) w.
Proof.
  intros x G e u w. induction G as [|g G IH]; intros h k; [exact I|]. simpl in h. apply andb_prop in h as [h1 h2]. destruct k as [k1 k2].
  split; [|now apply IH]. apply negb_true_iff in h1. now apply focc_v_ok.
Qed.

(* ---------------------------------------------------------------- given, assume, define *)

Definition check_given (k : nat) (P : list sequent) (G : list fact) (f : fact) : bool :=
  match nth_error (givens C) k with Some g => same g f | None => false end.
Lemma check_given_ok : forall k P G f, check_given k P G f = true -> all proved P -> valid O G f.
Proof.
  intros k P G f h _. unfold check_given in h. destruct (nth_error (givens C) k) as [g|] eqn:q; [|discriminate].
  apply (done _ _ _ h). intros e w _ _. apply nth_error_In in q. exact (all_In _ _ _ _ (t_given O C TR) q e w).
Qed.
Definition check_assume (P : list sequent) (G : list fact) (f : fact) : bool := existsb (fun h => same h f) G.
Lemma check_assume_ok : forall P G f, check_assume P G f = true -> all proved P -> valid O G f.
Proof.
  intros P G f h _ e w n k. apply existsb_exists in h as (g & i & q). apply (same_ok _ _ q e w n).
  exact (all_In _ (fun f => holds O f e w) _ _ k i).
Qed.

Definition value_fact (p : process) (t : time) (x : scal + vect) : fact :=
  match x with inl a => Frel REq (Sproc (p_name p) t) a | inr a => Fveq (Vproc (p_name p) t) a end.
Definition check_define (k : nat) (t : time) (is_step : bool) (P : list sequent) (G : list fact) (f : fact) : bool :=
  match nth_error (processes C) k with
  | None => false
  | Some p =>
    if is_step then
      (tle C (TC (p_start p)) t ||| any P G (Frel RLe (Sq (inject_Z (p_start p))) (Sn t))) &&&
      match p_step p with
      | inl a => match ssub (put 1 t) a with Some b => same (value_fact p t (inl b)) f | None => false end
      | inr a => match vsub (put 1 t) a with Some b => same (value_fact p t (inr b)) f | None => false end
      end
    else
      any P G (Frel RLe (Sadd (Sn t) (Sq 1)) (Sq (inject_Z (p_start p)))) &&&
      match p_base p with Some x => same (value_fact p t x) f | None => false end
  end.
Lemma check_define_ok : forall k t b P G f, check_define k t b P G f = true -> all proved P -> valid O G f.
Proof.
  intros k t b P G f h v. unfold check_define in h. destruct (nth_error (processes C) k) as [p|] eqn:q; [|discriminate].
  apply nth_error_In in q. destruct b.
  - apply lazy_and in h as [h1 h2].
    assert (K : forall e w, natural e -> all_hold O G e w -> value_is O p (tden O t e) w (p_step p) (set_n e 1 (tden O t e))).
    { intros e w n g. apply (all_In _ _ _ _ (t_step O C TR) q). apply lazy_or in h1 as [h1|h1].
      - exact (tle_ok O C e _ _ TR n h1).
      - pose proof (any_ok _ _ _ h1 v e w n g) as a. cbn [holds rel_den sden] in a. rewrite rden_tden, qval_inject in a. now apply le_IZR. }
    destruct (p_step p) as [a|a].
    + destruct (ssub (put 1 t) a) as [c|] eqn:s; [|discriminate]. apply (done _ _ _ h2). intros e w n g. simpl.
      destruct (K e w n g) as [_ r]. rewrite r. exact (proj1 (sub_ok O) a _ c _ e w s (put_mapped _ _ _ _ _ _)).
    + destruct (vsub (put 1 t) a) as [c|] eqn:s; [|discriminate]. apply (done _ _ _ h2). intros e w n g. simpl.
      destruct (K e w n g) as [_ r]. rewrite r. exact (proj2 (sub_ok O) a _ c _ e w s (put_mapped _ _ _ _ _ _)).
  - apply lazy_and in h as [h1 h2]. pose proof (all_In _ _ _ _ (t_base O C TR) q) as K.
    cbv beta in K. revert K h2. destruct (p_base p) as [x|]; intros K h2; [|discriminate]. apply (done _ _ _ h2). intros e w n g.
    pose proof (any_ok _ _ _ h1 v e w n g) as a. cbn [holds rel_den sden] in a. rewrite rden_tden, qval_inject in a.
    assert (lt : (tden O t e < p_start p)%Z).
    { change (qval 1) with 1 in a. rewrite <- plus_IZR in a. apply le_IZR in a. lia. }
    specialize (K e _ w lt). destruct x as [a'|a']; exact (proj2 K).
Qed.

(* ---------------------------------------------------------------- quantifiers *)

Definition alike (f g : fact) : bool :=
  match f, g with
  | Frel _ _ _, Frel _ _ _ | Fveq _ _, Fveq _ _ | Fand _ _, Fand _ _ | Fimp _ _, Fimp _ _ | FallN _ _, FallN _ _
  | FallV _ _, FallV _ _ | FallR _ _ _, FallR _ _ _ | Fwhp _ _, Fwhp _ _ => true
  | _, _ => false
  end.
Fixpoint introduces (p : sequent) (G : list fact) (f : fact) : bool :=
  (alike (snd p) f &&& ent G p f) |||
  match f with
  | FallN x g => fresh KN x G &&& introduces p G g
  | FallV x g => fresh KV x G &&& introduces p G g
  | Fimp a g => introduces p (a :: G) g
  | _ => false
  end.
Lemma introduces_ok : forall f p G, introduces p G f = true -> proved p -> valid O G f.
Proof.
  induction f; intros p G h v; simpl in h; apply lazy_or in h as [h|h];
    try (apply lazy_and in h as [_ h]; exact (ent_ok _ _ _ h v)); try discriminate.
  - intros e w n k g. apply (IHf2 p (f1 :: G) h v e w n). split; assumption.
  - apply lazy_and in h as [h1 h2]. intros e w n k j hj. apply (IHf p G h2 v); [now apply natural_set|now apply fresh_n].
  - apply lazy_and in h as [h1 h2]. intros e w n k u. apply (IHf p G h2 v); [exact n|now apply fresh_v].
Qed.
Definition check_intro (P : list sequent) (G : list fact) (f : fact) : bool :=
  match P with [p] => introduces p G f | _ => false end.
Lemma check_intro_ok : forall P G f, check_intro P G f = true -> all proved P -> valid O G f.
Proof. intros [|p [|q P]] G f h v; try discriminate. exact (introduces_ok f p G h (proj1 v)). Qed.

Section Elimination.
Variable P : list sequent.
Variable G : list fact.
Variable goal : fact.
Definition reaches (r : subst) (f : fact) : bool :=
  alike f goal &&& match fsub r f with Some g => same g goal | None => false end.
Fixpoint finishes (r : subst) (f : fact) : bool :=
  reaches r f |||
  match f with
  | Fimp a g => match fsub r a with Some b => any P G b | None => false end &&& finishes r g
  | _ => false
  end.
Fixpoint eliminates (r : subst) (l : list arg) (f : fact) : bool :=
  match l, f with
  | ATime t :: l', FallN x g =>
    (tnonneg C t ||| any P G (Frel RLe (Sq 0) (Sn t))) &&& eliminates {| sn := (x, t) :: sn r; sv := sv r; sr := sr r |} l' g
  | AVec u :: l', FallV x g => eliminates {| sn := sn r; sv := (x, u) :: sv r; sr := sr r |} l' g
  | AVec u :: l', FallR x t g => meas (tsubs (sn r) t) u &&& eliminates {| sn := sn r; sv := sv r; sr := (x, u) :: sr r |} l' g
  | [], _ => finishes r f
  | _, _ => false
  end.
Hypothesis v : all proved P.
Let every : kind -> positive -> bool := fun _ _ => true.
Lemma mapped_all : forall r o e' e w, mapped O r every e' e w -> mapped O r o e' e w.
Proof. intros. eapply mapped_sub; [eassumption|reflexivity]. Qed.
Lemma reaches_ok : forall f r e' e w, reaches r f = true -> natural e -> mapped O r every e' e w -> holds O f e' w -> holds O goal e w.
Proof.
  intros f r e' e w h n m hf. unfold reaches in h. apply lazy_and in h as [_ h]. destruct (fsub r f) as [g|] eqn:q; [|discriminate].
  apply (same_ok _ _ h e w n). now apply (fsub_ok O f r g e' e w q (mapped_all _ _ _ _ _ m)).
Qed.
Lemma finishes_ok : forall f r e' e w, finishes r f = true -> natural e -> all_hold O G e w -> mapped O r every e' e w ->
  holds O f e' w -> holds O goal e w.
Proof.
  induction f; intros r' e' e w h n k m hf; simpl in h; apply lazy_or in h as [h|h]; try discriminate;
    try exact (reaches_ok _ r' e' e w h n m hf).
  apply lazy_and in h as [h1 h2]. destruct (fsub r' f1) as [b|] eqn:q; [|discriminate].
  apply (IHf2 r' e' e w h2 n k m). apply hf. apply (fsub_ok O f1 r' b e' e w q (mapped_all _ _ _ _ _ m)).
  exact (any_ok _ _ _ h1 v e w n k).
Qed.
Lemma eliminates_ok : forall l f r e' e w, eliminates r l f = true -> natural e -> all_hold O G e w -> mapped O r every e' e w ->
  holds O f e' w -> holds O goal e w.
Proof.
  induction l as [|[t|u] l IH]; intros f r e' e w h n k m hf.
  - assert (h' : finishes r f = true) by (destruct f; exact h). exact (finishes_ok f r e' e w h' n k m hf).
  - destruct f; try discriminate. simpl in h. apply lazy_and in h as [h1 h2].
    assert (p : (0 <= tden O t e)%Z).
    { apply lazy_or in h1 as [h1|h1]; [exact (tnonneg_ok O C e t TR n h1)|].
      pose proof (any_ok _ _ _ h1 v e w n k) as a. cbn [holds rel_den sden] in a. rewrite rden_tden in a. apply le_IZR. exact a. }
    apply (IH f _ (set_n e' x (tden O t e)) e w h2 n k); [|now apply hf].
    destruct m as (a & b & c). repeat split; intros y g; simpl; [|now apply b|now apply c]. unfold upd. rewrite Pos.eqb_sym.
    destruct (Pos.eqb x y); [reflexivity|now apply a].
  - destruct f; try discriminate; simpl in h.
    + apply (IH f _ (set_v e' x (vden O u e w)) e w h n k); [|now apply hf].
      destruct m as (a & b & c). repeat split; intros y g; simpl; [now apply a| |now apply c]. unfold upd. rewrite Pos.eqb_sym.
      destruct (Pos.eqb x y); [reflexivity|now apply b].
    + apply lazy_and in h as [h1 h2].
      apply (IH f _ (set_r e' x (fun w => vden O u e w)) e w h2 n k).
      * destruct m as (a & b & c). repeat split; intros y g; simpl; [now apply a|now apply b|]. unfold upd. rewrite Pos.eqb_sym.
        destruct (Pos.eqb x y); [reflexivity|now apply c].
      * apply hf. rewrite <- (tsubs_ok O r every e' e w t m) by reflexivity. now apply meas_ok.
Qed.
End Elimination.
Definition check_elim (l : list arg) (P : list sequent) (G : list fact) (f : fact) : bool :=
  match P with
  | p :: P' => covers same G (fst p) &&& eliminates P' G f {| sn := []; sv := []; sr := [] |} l (snd p)
  | [] => false
  end.
Lemma check_elim_ok : forall l P G f, check_elim l P G f = true -> all proved P -> valid O G f.
Proof.
  intros l [|p P] G f h v; [discriminate|]. destruct v as [v1 v2]. apply lazy_and in h as [h1 h2]. intros e w n k.
  apply (eliminates_ok P G f v2 l (snd p) _ e e w h2 n k).
  - repeat split; reflexivity.
  - apply v1; [exact n|]. exact (covers_ok O same same_ok G _ h1 e w n k).
Qed.

(* ---------------------------------------------------------------- cases, conjunctions *)

Definition exhaustive (p q : fact) : bool :=
  match p with
  | Frel r a b =>
    match q with
    | Frel REq _ _ => same (Frel REq (Sind r a b) (Sq 0)) q
    | Frel RLt _ _ => match r with RLe => same (Frel RLt b a) q | _ => false end
    | Frel RLe _ _ =>
      match r with
      | RLe => same (Frel RLe b a) q ||| match a, b with Sn s, Sn t => same (Frel RLe (Sadd (Sn t) (Sq 1)) (Sn s)) q | _, _ => false end
      | _ => false
      end
    | _ => false
    end
  | Fveq a b => same (Frel REq (Sindv a b) (Sq 0)) q
  | _ => false
  end.
Lemma exhaustive_ok : forall p q e w, exhaustive p q = true -> natural e -> holds O p e w \/ holds O q e w.
Proof.
  intros p q e w h n. destruct p as [r a b|a b| | | | | |]; try discriminate; simpl in h.
  - destruct q as [[] c d| | | | | | |]; try discriminate.
    + destruct r; try discriminate. apply lazy_or in h as [h|h].
      * rewrite <- (same_ok _ _ h e w n). simpl. apply le_or_ge.
      * destruct a; try discriminate. destruct b; try discriminate. rewrite <- (same_ok _ _ h e w n). cbn [holds rel_den sden].
        rewrite !rden_tden. change (qval 1) with 1. rewrite <- plus_IZR.
        destruct (Z_le_gt_dec (tden O t e) (tden O t0 e)) as [z|z]; [left; now apply IZR_le|right; apply IZR_le; lia].
    + destruct r; try discriminate. rewrite <- (same_ok _ _ h e w n). simpl. apply le_or_lt.
    + rewrite <- (same_ok _ _ h e w n). cbn [holds rel_den sden]. change (qval 0) with 0.
      destruct r; [apply ind_le_cases|apply ind_lt_cases|apply ind_eq_cases].
  - rewrite <- (same_ok _ _ h e w n). cbn [holds rel_den sden]. change (qval 0) with 0. apply ind_veq_cases.
Qed.
Definition check_cases (p q : fact) (P : list sequent) (G : list fact) (f : fact) : bool :=
  match P with [a; b] => exhaustive p q &&& ent (p :: G) a f &&& ent (q :: G) b f | _ => false end.
Lemma check_cases_ok : forall p q P G f, check_cases p q P G f = true -> all proved P -> valid O G f.
Proof.
  intros p q [|a [|b [|]]] G f h v; try discriminate. destruct v as (v1 & v2 & _). simpl in h.
  apply lazy_and in h as [h h3]. apply lazy_and in h as [h1 h2]. intros e w n k.
  destruct (exhaustive_ok p q e w h1 n) as [c|c]; [apply (ent_ok _ _ _ h2 v1 e w n)|apply (ent_ok _ _ _ h3 v2 e w n)]; split; assumption.
Qed.
Fixpoint check_conj (P : list sequent) (G : list fact) (f : fact) : bool :=
  match P with
  | [] => false
  | p :: [] => ent G p f
  | p :: P' => match f with Fand g h => ent G p g &&& check_conj P' G h | _ => false end
  end.
Lemma check_conj_ok : forall P G f, check_conj P G f = true -> all proved P -> valid O G f.
Proof.
  induction P as [|p P IH]; intros G f h v; [discriminate|]. destruct v as [v1 v2]. simpl in h. destruct P as [|q P]; [exact (ent_ok _ _ _ h v1)|].
  destruct f; try discriminate. apply lazy_and in h as [h1 h2]. intros e w n k. split; [exact (ent_ok _ _ _ h1 v1 e w n k)|].
  exact (IH G f2 h2 v2 e w n k).
Qed.
Fixpoint member (g f : fact) : bool :=
  (alike g f &&& same g f) ||| match g with Fand a b => member a f ||| member b f | _ => false end.
Lemma member_ok : forall g f e w, member g f = true -> natural e -> holds O g e w -> holds O f e w.
Proof.
  induction g; intros f e w h n k; simpl in h; apply lazy_or in h as [h|h]; try discriminate;
    try (apply lazy_and in h as [_ h]; now apply (same_ok _ _ h e w n)).
  destruct k as [k1 k2]. apply lazy_or in h as [h|h]; [now apply IHg1|now apply IHg2].
Qed.
Definition check_pick (P : list sequent) (G : list fact) (f : fact) : bool :=
  match P with [p] => covers same G (fst p) &&& member (snd p) f | _ => false end.
Lemma check_pick_ok : forall P G f, check_pick P G f = true -> all proved P -> valid O G f.
Proof.
  intros [|p [|]] G f h v; try discriminate. apply lazy_and in h as [h1 h2]. intros e w n k. apply (member_ok _ _ e w h2 n).
  apply (proj1 v e w n). exact (covers_ok O same same_ok G _ h1 e w n k).
Qed.

(* ---------------------------------------------------------------- induction *)

Definition check_induct (t : positive) (P : list sequent) (G : list fact) (f : fact) : bool :=
  match P with
  | [a; b] =>
    fresh KN t G &&&
    match fsub (put t (TC 0)) f with Some g => ent G a g | None => false end &&&
    match fsub (put t (TA (TV t) (TC 1))) f with Some g => ent (f :: G) b g | None => false end
  | _ => false
  end.
Lemma check_induct_ok : forall t P G f, check_induct t P G f = true -> all proved P -> valid O G f.
Proof.
  intros t [|a [|b [|]]] G f h v; try discriminate. destruct v as (v1 & v2 & _). simpl in h.
  apply lazy_and in h as [h h3]. apply lazy_and in h as [h1 h2].
  destruct (fsub (put t (TC 0)) f) as [g0|] eqn:s0; [|discriminate].
  destruct (fsub (put t (TA (TV t) (TC 1))) f) as [g1|] eqn:s1; [|discriminate].
  intros e w n k. apply (holds_self O f e w t).
  apply (time_induction (fun j => holds O f (set_n e t j) w)); [| |apply n].
  - apply (fsub_ok O f _ g0 _ e w s0 (put_mapped _ _ _ _ _ _)). exact (ent_ok _ _ _ h2 v1 e w n k).
  - intros j hj IH. assert (n' : natural (set_n e t j)) by now apply natural_set.
    assert (k' : all_hold O (f :: G) (set_n e t j) w) by (split; [exact IH|now apply fresh_n]).
    pose proof (ent_ok _ _ _ h3 v2 _ w n' k') as r.
    apply (fsub_ok O f _ g1 _ _ w s1 (put_mapped _ t (TA (TV t) (TC 1)) _ (set_n e t j) w)) in r. revert r. apply holds_agree.
    repeat split; intros y _; simpl; try reflexivity. unfold upd. rewrite Pos.eqb_refl. now destruct (Pos.eqb y t).
Qed.

Fixpoint implications (l : list fact) (f : fact) : fact := match l with [] => f | a :: r => Fimp a (implications r f) end.
Fixpoint subs (r : subst) (l : list fact) : option (list fact) :=
  match l with [] => Some [] | f :: l' => op2 cons (fsub r f) (subs r l') end.
Definition check_induct_strong (T t : positive) (H : list fact) (P : list sequent) (G : list fact) (f : fact) : bool :=
  match P with
  | [a] =>
    covers same G H &&& fresh KN t (f :: H) &&&
    match fsub (put T (TV t)) f, subs (put T (TV t)) H with
    | Some g, Some K =>
      let earlier := FallN t (Fimp (Frel RLe (Sn (TA (TV t) (TC 1))) (Sn (TV T))) (implications K g)) in
      negb (Pos.eqb T t) &&& ent (earlier :: H ++ filter (fun g => negb (focc KN T g)) G) a f
    | _, _ => false
    end
  | _ => false
  end.
Lemma implications_ok : forall l f e w, holds O (implications l f) e w <-> (all_hold O l e w -> holds O f e w).
Proof. induction l as [|a l IH]; intros f e w; unfold all_hold in *; simpl; [tauto|]. rewrite IH. tauto. Qed.
Lemma all_hold_app : forall a b e w, all_hold O (a ++ b) e w <-> all_hold O a e w /\ all_hold O b e w.
Proof. induction a as [|x a IH]; intros b e w; simpl; [unfold all_hold; simpl; tauto|]. unfold all_hold in *. simpl. rewrite IH. tauto. Qed.
Lemma subs_ok : forall l r l' e' e w, subs r l = Some l' -> (forall f, List.In f l -> mapped O r (fun k x => focc k x f) e' e w) ->
  (all_hold O l e' w <-> all_hold O l' e w).
Proof.
  induction l as [|f l IH]; intros r l' e' e w h m; simpl in h; [injection h as <-; unfold all_hold; simpl; tauto|].
  apply op2_Some in h as (g & k & h1 & h2 & ->). unfold all_hold. simpl.
  rewrite (fsub_ok O f r g e' e w h1) by (apply m; now left). rewrite (IH r k e' e w h2) by (intros; apply m; now right). tauto.
Qed.
Lemma fresh_In : forall k x l f, fresh k x l = true -> List.In f l -> focc k x f = false.
Proof. intros k x l f h i. unfold fresh in h. rewrite forallb_forall in h. apply negb_true_iff. now apply h. Qed.
Lemma check_induct_strong_ok : forall T t H P G f, check_induct_strong T t H P G f = true -> all proved P -> valid O G f.
Proof.
  intros T t H [|a [|]] G f h v; try discriminate. simpl in h. apply lazy_and in h as [h h3]. apply lazy_and in h as [h1 h2].
  destruct (fsub (put T (TV t)) f) as [g|] eqn:s0; [|discriminate]. destruct (subs (put T (TV t)) H) as [K|] eqn:s1; [|discriminate].
  apply lazy_and in h3 as [ne h3]. apply negb_true_iff in ne. change (fresh KN t (f :: H) = true) in h2.
  intros e w n k. pose proof (covers_ok O same same_ok G H h1 e w n k) as kH.
  assert (self : forall l, all_hold O l (set_n e T (ni e T)) w <-> all_hold O l e w).
  { induction l as [|x l IH]; unfold all_hold in *; simpl; [tauto|]. rewrite IH, holds_self. tauto. }
  apply (holds_self O f e w T). apply self in kH. revert kH.
  apply (time_strong_induction (fun j => all_hold O H (set_n e T j) w -> holds O f (set_n e T j) w)); [|apply n].
  intros j hj IH hH. apply (ent_ok _ _ _ h3 (proj1 v)); [now apply natural_set|]. split; [|apply all_hold_app; split; [exact hH|]].
  - intros i hi le. apply implications_ok. intros hK.
    assert (m : forall x, List.In x (f :: H) -> mapped O (put T (TV t)) (fun k y => focc k y x) (set_n e T i) (set_n (set_n e T j) t i) w).
    { intros x hx. pose proof (fresh_In _ _ _ _ h2 hx) as no. repeat split; intros y o; simpl; try reflexivity. unfold upd.
      rewrite (Pos.eqb_sym T y). destruct (Pos.eqb y T) eqn:q; [simpl; unfold upd; now rewrite Pos.eqb_refl|].
      destruct (Pos.eqb y t) eqn:q'; [apply Pos.eqb_eq in q'; subst; congruence|reflexivity]. }
    apply (fsub_ok O f _ g (set_n e T i) (set_n (set_n e T j) t i) w s0 (m f (or_introl eq_refl))). apply IH; [exact hi| |].
    + cbn [holds rel_den sden rden set_n ni] in le. unfold upd in le. rewrite ?ne, ?Pos.eqb_refl in le.
      exact le.
    + apply (subs_ok H _ K (set_n e T i) (set_n (set_n e T j) t i) w s1); [|exact hK]. intros x hx. apply m. now right.
  - clear - k. induction G as [|x G IHG]; [exact I|]. destruct k as [k1 k2]. simpl. destruct (negb (focc KN T x)) eqn:q; [|now apply IHG].
    split; [|now apply IHG]. apply negb_true_iff in q. now apply focc_ok.
Qed.

(* ---------------------------------------------------------------- sums *)

Definition check_sum_zero (P : list sequent) (G : list fact) (f : fact) : bool :=
  match f with
  | Frel REq (SSum x t b) _ =>
    (time_eqb t (TC 0) ||| any P G (Frel RLe (Sn t) (Sq 0))) &&& same (Frel REq (SSum x t b) (Sq 0)) f
  | Fveq (VSum x t b) _ =>
    (time_eqb t (TC 0) ||| any P G (Frel RLe (Sn t) (Sq 0))) &&& same (Fveq (VSum x t b) (Vscale (Sq 0) (VSum x t b))) f
  | _ => false
  end.
Lemma upto_zero : forall t P G, time_eqb t (TC 0) ||| any P G (Frel RLe (Sn t) (Sq 0)) = true -> all proved P ->
  forall e w, natural e -> all_hold O G e w -> IZR (tden O t e) <= 0.
Proof.
  intros t P G h v e w n k. apply lazy_or in h as [h|h].
  - apply time_eqb_ok in h. subst. simpl. lra.
  - pose proof (any_ok _ _ _ h v e w n k) as a. cbn [holds rel_den sden] in a. rewrite rden_tden in a. exact a.
Qed.
Lemma check_sum_zero_ok : forall P G f, check_sum_zero P G f = true -> all proved P -> valid O G f.
Proof.
  intros P G f h v. destruct f as [[] [] ?|[] ?| | | | | |]; try discriminate; apply lazy_and in h as [h1 h2]; apply (done _ _ _ h2);
    intros e w n k; pose proof (upto_zero _ _ _ h1 v e w n k) as z; simpl.
  - change (qval 0) with 0. now apply Rsum_zero.
  - change (qval 0) with 0. now apply Vsum_zero_scale.
Qed.
Definition check_sum_step (P : list sequent) (G : list fact) (f : fact) : bool :=
  match f with
  | Frel REq (SSum x t b) _ =>
    let r := canon (TA t (TC (-1))) in
    (tnonneg C r ||| any P G (Frel RLe (Sq 0) (Sn r))) &&&
    match ssub (put x r) b with Some c => same (Frel REq (SSum x t b) (Sadd (SSum x r b) c)) f | None => false end
  | Fveq (VSum x t b) _ =>
    let r := canon (TA t (TC (-1))) in
    (tnonneg C r ||| any P G (Frel RLe (Sq 0) (Sn r))) &&&
    match vsub (put x r) b with Some c => same (Fveq (VSum x t b) (Vadd (VSum x r b) c)) f | None => false end
  | _ => false
  end.
Lemma from_zero : forall t P G, tnonneg C t ||| any P G (Frel RLe (Sq 0) (Sn t)) = true -> all proved P ->
  forall e w, natural e -> all_hold O G e w -> (0 <= tden O t e)%Z.
Proof.
  intros t P G h v e w n k. apply lazy_or in h as [h|h]; [exact (tnonneg_ok O C e t TR n h)|].
  pose proof (any_ok _ _ _ h v e w n k) as a. cbn [holds rel_den sden] in a. rewrite rden_tden in a. now apply le_IZR.
Qed.
Lemma check_sum_step_ok : forall P G f, check_sum_step P G f = true -> all proved P -> valid O G f.
Proof.
  intros P G f h v. destruct f as [[] [] ?|[] ?| | | | | |]; try discriminate; unfold check_sum_step in h; cbv zeta in h;
    apply lazy_and in h as [h1 h2].
  - match type of h2 with context [ssub ?r ?b] => destruct (ssub r b) as [c|] eqn:s end; [|discriminate]. apply (done _ _ _ h2).
    intros e w n k. pose proof (from_zero _ _ _ h1 v e w n k) as z. simpl.
    rewrite <- (proj1 (sub_ok O) _ _ _ _ e w s (put_mapped _ _ _ _ _ _)). rewrite canon_ok in *. cbn [tden] in *.
    replace (tden O t e) with (tden O t e + -1 + 1)%Z at 1 by ring. now apply Rsum_step.
  - match type of h2 with context [vsub ?r ?b] => destruct (vsub r b) as [c|] eqn:s end; [|discriminate]. apply (done _ _ _ h2).
    intros e w n k. pose proof (from_zero _ _ _ h1 v e w n k) as z. simpl.
    rewrite <- (proj2 (sub_ok O) _ _ _ _ e w s (put_mapped _ _ _ _ _ _)). rewrite canon_ok in *. cbn [tden] in *.
    replace (tden O t e) with (tden O t e + -1 + 1)%Z at 1 by ring. now apply Vsum_step.
Qed.
Definition check_inner_sum (P : list sequent) (G : list fact) (f : fact) : bool :=
  match f with
  | Frel REq (Sinner u (VSum x t b)) _ => negb (vocc KN x u) &&& same (Frel REq (Sinner u (VSum x t b)) (SSum x t (Sinner u b))) f
  | _ => false
  end.
Lemma check_inner_sum_ok : forall P G f, check_inner_sum P G f = true -> all proved P -> valid O G f.
Proof.
  intros P G f h _. destruct f as [[] [] ?| | | | | | |]; try discriminate. destruct w; try discriminate.
  simpl in h. apply lazy_and in h as [h1 h2]. apply negb_true_iff in h1. apply (done _ _ _ h2). intros e o n k. simpl. rewrite inner_sum.
  f_equal. apply functional_extensionality. intros j. f_equal. symmetry.
  apply (vden_other O KN x); [exact h1|]. repeat split; intros y g; simpl; try reflexivity. unfold upd. rewrite Pos.eqb_sym. now destruct (Pos.eqb x y).
Qed.

(* ---------------------------------------------------------------- with high probability *)

(* the failures and events of all premises but the last two *)
Fixpoint events (P : list sequent) : option (list (scal * fact) * sequent * sequent) :=
  match P with
  | [p; q] => Some ([], p, q)
  | ([], Fwhp a f) :: P' => match events P' with Some (l, p, q) => Some ((a, f) :: l, p, q) | None => None end
  | _ => None
  end.
Definition check_whp (P : list sequent) (G : list fact) (f : fact) : bool :=
  match f, events P with
  | Fwhp a g, Some ((e1, f1) :: l, p, q) =>
    ent (f1 :: map snd l) p g &&& ent [] q (Frel RLe (fold_left (fun s ef => Sadd s (fst ef)) l e1) a)
  | _, _ => false
  end.
Lemma events_ok : forall P l p q, events P = Some (l, p, q) -> all proved P ->
  (forall ef, List.In ef l -> valid O [] (Fwhp (fst ef) (snd ef))) /\ proved p /\ proved q.
Proof.
  induction P as [|a P IH]; intros l p q h v; [discriminate|]. destruct v as [v1 v2].
  destruct P as [|b P].
  - destruct a as [[] []]; discriminate.
  - destruct P as [|c P].
    + assert (k : Some ([] : list (scal * fact), a, b) = Some (l, p, q)) by (destruct a as [[] []]; exact h).
      injection k as <- <- <-. destruct v2 as [v2 _]. repeat split; [intros ef []|exact v1|exact v2].
    + destruct a as [[|g0 G0] f0]; [|discriminate]. destruct f0; try discriminate.
      change (match events (b :: c :: P) with Some (l, p, q) => Some ((a, f0) :: l, p, q) | None => None end = Some (l, p, q)) in h.
      destruct (events (b :: c :: P)) as [[[l' p'] q']|]; [|discriminate]. injection h as <- <- <-.
      destruct (IH l' p' q' eq_refl v2) as (i1 & i2 & i3). repeat split; try assumption.
      intros ef [<-|i]; [exact v1|now apply i1].
Qed.
Lemma fold_whp : forall l a (Q : Omega -> Prop) e w, WHP (sden O a e w) Q -> (forall ef, List.In ef l -> valid O [] (Fwhp (fst ef) (snd ef))) -> natural e ->
  WHP (sden O (fold_left (fun s ef => Sadd s (fst ef)) l a) e w) (fun w => Q w /\ all_hold O (map snd l) e w).
Proof.
  induction l as [|[b g] l IH]; intros a Q e w h v n; simpl.
  - apply (whp_weaken _ _ _ _ h); [intros; split; [assumption|exact I]|lra].
  - assert (b' : WHP (sden O (Sadd a b) e w) (fun w => Q w /\ holds O g e w)).
    { apply whp_both; [exact h|]. exact (v (b, g) (or_introl eq_refl) e w n I). }
    pose proof (IH (Sadd a b) _ e w b' (fun ef i => v ef (or_intror i)) n) as r.
    apply (whp_weaken _ _ _ _ r); [|lra]. intros o [[h1 h2] h3]. repeat split; assumption.
Qed.
Lemma check_whp_ok : forall P G f, check_whp P G f = true -> all proved P -> valid O G f.
Proof.
  intros P G f h v. unfold check_whp in h. destruct f; try discriminate. destruct (events P) as [[[[|[e1 f1] l] p] q]|] eqn:E; try discriminate.
  apply lazy_and in h as [h1 h2]. destruct (events_ok _ _ _ _ E v) as (i1 & i2 & i3). intros e w n _. simpl.
  assert (s : WHP (sden O e1 e w) (fun w => holds O f1 e w)) by exact (i1 (e1, f1) (or_introl eq_refl) e w n I).
  pose proof (fold_whp l e1 _ e w s (fun ef i => i1 ef (or_intror i)) n) as r. apply (whp_weaken _ _ _ _ r).
  - intros o [k1 k2]. apply (ent_ok _ _ _ h1 i2 e o n). split; assumption.
  - exact (ent_ok _ _ _ h2 i3 e w n I).
Qed.
End Logic.
