(* Measurable terms and dominating terms, read off the term; the rules of expectation, and Ville's inequality. *)
From Coq Require Import Reals Lra Lia ZArith QArith Qreals List Bool FunctionalExtensionality.
From Tailcert Require Import Tailcert Terms Substitute Functions.
Import ListNotations.
Open Scope R_scope.

(* ---------------------------------------------------------------- terms that do not depend on the outcome *)

Fixpoint det_s (x : scal) : bool :=
  match x with
  | Sq _ | Sp _ | Sn _ | Sexpo _ => true
  | Sadd a b | Ssub a b | Smul a b | Sind _ a b => det_s a && det_s b
  | Spow a _ | Spw a _ | Sexp a | Sln a => det_s a
  | Sinner v w | Sindv v w => det_v v && det_v w
  | Snorm v | Sapp _ v => det_v v
  | SSum _ _ b => det_s b
  | Sproc _ _ | SE _ _ => false
  end
with det_v (x : vect) : bool :=
  match x with
  | Vp _ | Vv _ => true
  | Vadd a b => det_v a && det_v b
  | Vscale c a => det_s c && det_v a
  | Vapp _ a => det_v a
  | VSum _ _ b => det_v b
  | Vr _ | Vproc _ _ | VE _ _ => false
  end.
Lemma det_ok : forall O,
  (forall x, det_s x = true -> forall e w u, sden O x e w = sden O x e u) /\
  (forall x, det_v x = true -> forall e w u, vden O x e w = vden O x e u).
Proof.
  intros O. apply term_ind; intros; simpl in *; try discriminate; try reflexivity;
    repeat match goal with h : _ && _ = true |- _ => apply andb_prop in h as [? ?] end;
    repeat match goal with h : ?p = true -> _, g : ?p = true |- _ => specialize (h g) end;
    try (f_equal; auto; fail); f_equal; apply functional_extensionality; auto.
Qed.
Lemma det_meas : forall O x s e, det_s x = true -> Meas s (fun w => sden O x e w).
Proof.
  intros O x s e h. replace (fun w => sden O x e w) with (fun _ : Omega => sden O x e omega0); [apply m_const|].
  apply functional_extensionality. intros w. now apply (proj1 (det_ok O)).
Qed.
Lemma det_measV : forall O x s e, det_v x = true -> MeasV s (fun w => vden O x e w).
Proof.
  intros O x s e h. replace (fun w => vden O x e w) with (fun _ : Omega => vden O x e omega0); [apply mv_const|].
  apply functional_extensionality. intros w. now apply (proj2 (det_ok O)).
Qed.

(* ---------------------------------------------------------------- times with variables of sums *)

(* variables of sums with their upper limits, innermost first *)
Definition limits := list (positive * time).
Fixpoint slope (x : positive) (t : time) : Z :=
  match t with
  | TV y => if Pos.eqb y x then 1 else 0
  | TI _ | TC _ => 0
  | TA a b => slope x a + slope x b
  | TM k a => k * slope x a
  end%Z.
Lemma slope_ok : forall O x t e j, (tden O t (set_n e x j) = tden O t e + slope x t * (j - ni e x))%Z.
Proof.
  intros O x t e j. induction t; cbn [tden slope]; try rewrite IHt; try rewrite IHt1, IHt2; try ring.
  simpl. unfold upd. destruct (Pos.eqb x0 x) eqn:h; [apply Pos.eqb_eq in h; subst|]; ring.
Qed.
(* the greatest value of a time *)
Fixpoint latest (B : limits) (r : time) : time :=
  match B with
  | [] => r
  | (x, T) :: B' =>
    latest B' (match slope x r with Z0 => r | Zpos _ => tsub x (TA T (TC (-1))) r | Zneg _ => tsub x (TC 0) r end)
  end.
Definition within (O : objects) (B : limits) (e : env) : Prop :=
  all (fun xT => (0 <= ni e (fst xT) < tden O (snd xT) e)%Z) B.
Lemma latest_ok : forall O e B r, within O B e -> (tden O r e <= tden O (latest B r) e)%Z.
Proof.
  intros O e. induction B as [|[x T] B IH]; intros r h; [simpl; lia|]. destruct h as [h1 h2]. cbn [fst snd] in h1. cbn [latest].
  eapply Z.le_trans; [|now apply IH]. pose proof (slope_ok O x r e) as k.
  destruct (slope x r) as [|n|n]; [lia|..]; rewrite tsub_ok, k; cbn [tden]; nia.
Qed.
Definition clear_of (x : positive) (B : limits) : bool :=
  forallb (fun yT => if Pos.eqb (fst yT) x then false else negb (toccurs x (snd yT))) B.
Lemma within_set : forall O x j B e, clear_of x B = true -> within O B e -> within O B (set_n e x j).
Proof.
  intros O x j B e. induction B as [|[y T] B IH]; intros h k; [exact I|]. simpl in h. apply andb_prop in h as [h1 h2].
  destruct k as [k1 k2]. split; [|now apply IH]. destruct (Pos.eqb y x) eqn:q; [discriminate|].
  apply negb_true_iff in h1. cbn [fst snd] in *. rewrite toccurs_ok by exact h1. simpl. unfold upd. now rewrite q.
Qed.

(* ---------------------------------------------------------------- measurable terms *)

Section Measure.
Variable C : context.

Definition known_from (B : limits) (s r : time) (level : Z) : bool := tle C (TA (latest B r) (TC level)) s.
Definition process_named (vector : bool) (k : positive) : option process :=
  find (fun p => if Pos.eqb (p_name p) k then Bool.eqb (p_vector p) vector else false) (processes C).
Definition known_process (vector : bool) (B : limits) (s : time) (k : positive) (r : time) : bool :=
  match process_named vector k with Some p => known_from B s r (p_level p) | None => false end.
(* the body of the sum is as good as a term in one more variable *)
Definition opens (B : limits) (s : time) (x : positive) (T : time) : bool :=
  if toccurs x s then false else if toccurs x T then false else clear_of x B.
Definition among (k : positive) (l : list positive) : bool := existsb (Pos.eqb k) l.

Fixpoint meas_s (B : limits) (s : time) (x : scal) {struct x} : bool :=
  match x with
  | Sq _ | Sp _ | Sn _ | Sexpo _ => true
  | Sadd a b | Ssub a b | Smul a b | Sind _ a b => if meas_s B s a then meas_s B s b else false
  | Spow a _ | Spw a _ | Sexp a | Sln a => meas_s B s a
  | Sinner v w | Sindv v w => if meas_v B s v then meas_v B s w else false
  | Snorm v => meas_v B s v
  | Sproc k r => known_process false B s k r
  | Sapp k v => if among k (scalar_functions C) then meas_v B s v else det_v v
  | SSum y T b => if opens B s y T then meas_s ((y, T) :: B) s b else det_s b
  | SE r _ => known_from B s r 0
  end
with meas_v (B : limits) (s : time) (x : vect) {struct x} : bool :=
  match x with
  | Vp _ | Vv _ => true
  | Vr _ => false
  | Vproc k r => if Pos.eqb k (noise_name C) then known_from B s r 0 else known_process true B s k r
  | Vadd a b => if meas_v B s a then meas_v B s b else false
  | Vscale c a => if meas_s B s c then meas_v B s a else false
  | Vapp k a => if among k (vector_functions C) then meas_v B s a else det_v a
  | VSum y T b => if opens B s y T then meas_v ((y, T) :: B) s b else det_v b
  | VE r _ => known_from B s r 0
  end.

(* the event that a fact holds *)
Fixpoint meas_fact (s : time) (f : fact) : bool :=
  match f with
  | Frel _ a b => if meas_s [] s a then meas_s [] s b else false
  | Fveq a b => if meas_v [] s a then meas_v [] s b else false
  | Fand f g => if meas_fact s f then meas_fact s g else false
  | _ => false
  end.
Definition meas_facts (s : time) (G : list fact) : bool := forallb (meas_fact s) G.

(* 0 <= the exponent <= alpha *)
Definition moment (k : nat) : bool :=
  let x := exponent C k in
  if enonneg (exponents C) x then enonneg (exponents C) (evadd alpha_vector (evscale (-1) x)) else false.
Definition noise_at (s : time) (k : positive) (r : time) : bool :=
  if Pos.eqb k (noise_name C) then teq r (TA s (TC 1)) else false.
Fixpoint dominating (s : time) (D : scal) : bool :=
  match D with
  | Sadd a b => if dominating s a then dominating s b else false
  | Ssub a b => if dominating s a then meas_s [] s b else false
  | Smul a b => if meas_s [] s a then dominating s b else if meas_s [] s b then dominating s a else false
  | Snorm (Vproc k r) => if noise_at s k r then true else meas_s [] s D
  | Spw (Snorm (Vproc k r)) j => if noise_at s k r then moment j else meas_s [] s D
  | _ => meas_s [] s D
  end.

Variable O : objects.
Hypothesis TR : truth O C.

Lemma known_from_ok : forall B s r level e, known_from B s r level = true -> natural e -> within O B e ->
  (tden O r e + level <= tden O s e)%Z.
Proof.
  intros B s r level e h n i. apply (tle_ok O C e _ _ TR n) in h. cbn [tden] in h. pose proof (latest_ok O e B r i). lia.
Qed.
Lemma known_process_ok : forall b B s k r e, known_process b B s k r = true -> natural e -> within O B e ->
  exists p, List.In p (processes C) /\ p_name p = k /\ p_vector p = b /\ (tden O r e + p_level p <= tden O s e)%Z.
Proof.
  intros b B s k r e h n i. unfold known_process in h. destruct (process_named b k) as [p|] eqn:f; [|discriminate].
  apply find_some in f as [f1 f2]. destruct (Pos.eqb (p_name p) k) eqn:q; [|discriminate]. exists p.
  apply Pos.eqb_eq in q. apply Bool.eqb_prop in f2. repeat split; try assumption. now apply (known_from_ok B).
Qed.
Lemma opens_ok : forall B s y T e j, opens B s y T = true -> natural e -> within O B e -> (0 <= j < tden O T e)%Z ->
  tden O s (set_n e y j) = tden O s e /\ natural (set_n e y j) /\ within O ((y, T) :: B) (set_n e y j).
Proof.
  intros B s y T e j h n i l. unfold opens in h. destruct (toccurs y s) eqn:h1; [discriminate|].
  destruct (toccurs y T) eqn:h2; [discriminate|]. split; [now apply toccurs_ok|]. split; [apply natural_set; [exact n|lia]|].
  split; [|now apply within_set]. cbn [fst snd]. rewrite toccurs_ok by exact h2. simpl. unfold upd. now rewrite Pos.eqb_refl.
Qed.
Lemma among_ok : forall A (P : A -> Prop) (f : positive -> A) k l, among k l = true -> all (fun k => P (f k)) l -> P (f k).
Proof.
  intros A P f k l h g. apply existsb_exists in h as (j & i & q). apply Pos.eqb_eq in q. subst j.
  exact (all_In _ (fun k => P (f k)) _ _ g i).
Qed.
Lemma meas_both :
  (forall x B s e, natural e -> within O B e -> meas_s B s x = true -> Meas (tden O s e) (fun w => sden O x e w)) /\
  (forall x B s e, natural e -> within O B e -> meas_v B s x = true -> MeasV (tden O s e) (fun w => vden O x e w)).
Proof.
  apply term_ind; simpl;
    try (intros; match goal with h : (if ?a then _ else _) = true |- _ => destruct a eqn:?; [|discriminate] end);
    try (intros; constructor; eauto; fail); try (intros; discriminate).
  - intros. apply m_sub; eauto.
  - intros k t B s e n i h. destruct (known_process_ok _ _ _ _ _ _ h n i) as (p & j & <- & b & l).
    apply (m_base (tden O t e + p_level p)); [exact l|].
    pose proof (all_In _ _ _ _ (t_adapted O C TR) j (tden O t e)) as a. cbv beta in a. now rewrite b in a.
  - intros k v IH B s e n i h. destruct (among k (scalar_functions C)) eqn:a.
    + apply m_app; [|eauto]. exact (among_ok _ Borel (fs O) k _ a (t_borel O C TR)).
    + exact (det_meas O (Sapp k v) _ e h).
  - intros y T b IH B s e n i h. destruct (opens B s y T) eqn:o; [|exact (det_meas O (SSum y T b) _ e h)].
    apply (m_sum _ _ (fun j w => sden O b (set_n e y j) w)). intros j l.
    destruct (opens_ok B s y T e j o n i l) as (<- & n' & i'). now apply (IH ((y, T) :: B)).
  - intros t b IH B s e n i h. apply m_E. pose proof (known_from_ok _ _ _ _ _ h n i). lia.
  - destruct r; intros; constructor; eauto.
  - intros. apply m_ind_veq; eauto.
  - intros k t B s e n i h. destruct (Pos.eqb k (noise_name C)) eqn:q.
    + apply Pos.eqb_eq in q. subst k. apply (mv_base (tden O t e)); [pose proof (known_from_ok _ _ _ _ _ h n i); lia|].
      apply (proj1 (t_noise O C TR)).
    + destruct (known_process_ok _ _ _ _ _ _ h n i) as (p & j & <- & b & l).
      apply (mv_base (tden O t e + p_level p)); [exact l|].
      pose proof (all_In _ _ _ _ (t_adapted O C TR) j (tden O t e)) as a. cbv beta in a. now rewrite b in a.
  - intros k v IH B s e n i h. destruct (among k (vector_functions C)) eqn:a.
    + apply mv_app; [|eauto]. exact (among_ok _ BorelV (fv O) k _ a (t_borelv O C TR)).
    + exact (det_measV O (Vapp k v) _ e h).
  - intros y T b IH B s e n i h. destruct (opens B s y T) eqn:o; [|exact (det_measV O (VSum y T b) _ e h)].
    apply (mv_sum _ _ (fun j w => vden O b (set_n e y j) w)). intros j l.
    destruct (opens_ok B s y T e j o n i l) as (<- & n' & i'). now apply (IH ((y, T) :: B)).
  - intros t b IH B s e n i h. apply mv_Ev. pose proof (known_from_ok _ _ _ _ _ h n i). lia.
Qed.
Lemma meas_s_ok : forall s x e, meas_s [] s x = true -> natural e -> Meas (tden O s e) (fun w => sden O x e w).
Proof. intros s x e h n. now apply (proj1 meas_both x []). Qed.
Lemma meas_v_ok : forall s x e, meas_v [] s x = true -> natural e -> MeasV (tden O s e) (fun w => vden O x e w).
Proof. intros s x e h n. now apply (proj2 meas_both x []). Qed.
Lemma meas_fact_ok : forall s f e, meas_fact s f = true -> natural e -> MeasP (tden O s e) (fun w => holds O f e w).
Proof.
  intros s f e h n. induction f; simpl in h; try discriminate.
  - destruct (meas_s [] s a) eqn:g; [|discriminate]. pose proof (meas_s_ok s a e g n). pose proof (meas_s_ok s b e h n).
    destruct r; [now apply mp_le|now apply mp_lt|now apply mp_eq].
  - destruct (meas_v [] s a) eqn:g; [|discriminate]. apply mp_veq; now apply meas_v_ok.
  - destruct (meas_fact s f1) eqn:g; [|discriminate]. apply mp_and; auto.
Qed.
Lemma meas_facts_ok : forall s G e, meas_facts s G = true -> natural e -> MeasP (tden O s e) (fun w => all_hold O G e w).
Proof.
  intros s G e h n. induction G as [|f G IH]; [apply mp_true|]. simpl in h. apply andb_prop in h as [h1 h2].
  apply mp_and; [now apply meas_fact_ok|now apply IH].
Qed.
Lemma moment_ok : forall k, moment k = true -> 0 <= nth k (etv O) 0 <= alpha O.
Proof.
  intros k h. unfold moment in h. cbv zeta in h. destruct (enonneg _ (exponent C k)) eqn:g; [|discriminate].
  apply (evsign O C TR) in g, h. rewrite evadd_E, (evminus O C), (evalpha O C) in h. rewrite (exponent_ok O C TR). lra.
Qed.
Lemma noise_at_ok : forall s k r e, noise_at s k r = true -> pv O k = xi O C /\ tden O r e = (tden O s e + 1)%Z.
Proof.
  intros s k r e h. unfold noise_at in h. destruct (Pos.eqb k (noise_name C)) eqn:q; [|discriminate].
  apply Pos.eqb_eq in q. subst k. split; [reflexivity|exact (teq_ok O e _ _ h)].
Qed.
Lemma dominating_ok : forall s D e, dominating s D = true -> natural e ->
  Dominating (xi O C) (alpha O) (tden O s e) (fun w => sden O D e w).
Proof.
  intros s D e h n. revert h. induction D using scal_mut with (P0 := fun _ => True); try exact I; intros h; cbn [dominating] in h;
    try (apply d_meas; now apply (meas_s_ok s)).
  - destruct (dominating s D1); [|discriminate]. apply d_add; auto.
  - destruct (dominating s D1); [|discriminate]. apply d_sub; [auto|now apply meas_s_ok].
  - destruct (meas_s [] s D1) eqn:g; [apply d_mul; [now apply meas_s_ok|auto]|].
    destruct (meas_s [] s D2) eqn:q; [|discriminate]. apply d_mul_r; [auto|now apply meas_s_ok].
  - destruct D; try (apply d_meas; now apply (meas_s_ok s)). destruct v; try (apply d_meas; now apply (meas_s_ok s)).
    destruct (noise_at s k0 t) eqn:q; [|apply d_meas; now apply (meas_s_ok s)]. destruct (noise_at_ok _ _ _ e q) as [q1 q2].
    simpl. rewrite q1. apply d_pw; [exact q2|now apply moment_ok].
  - destruct v; try (apply d_meas; now apply (meas_s_ok s)).
    destruct (noise_at s k t) eqn:q; [|apply d_meas; now apply (meas_s_ok s)]. destruct (noise_at_ok _ _ _ e q) as [q1 q2].
    simpl. rewrite q1. apply d_one; [exact q2|]. pose proof (alpha_low _ _ _ _ (t_exponents O C TR)). lra.
Qed.
End Measure.

(* ---------------------------------------------------------------- the rules *)

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
