(* Measurable terms and dominating terms, read off the term. *)
From Coq Require Import Reals Lra Lia ZArith QArith Qreals List Bool FunctionalExtensionality.
From Tailcert Require Import Tailcert Terms Times Substitute Functions.
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
