(* How a file of certificates becomes data: machine integers -> digits -> numbers -> instructions -> terms, facts and steps.

   Nothing here needs a proof: the checker judges what comes out.  An instruction that cannot be read yields anything. *)
From Coq Require Import ZArith QArith List Bool.
From Tailcert Require Import Tailcert Terms.
From Coq Require Import PrimInt63.
Import ListNotations.

(* ---------------------------------------------------------------- numbers *)

Notation digits := (list int).
Definition width : int := 6%int63.       (* bits of a digit; the highest says whether the number goes on *)
Definition per_word : nat := 10.

Definition is_zero (i : int) : bool := eqb i 0%int63.
Fixpoint unpack_word (n : nat) (i : int) (acc : digits) : digits :=
  match n with O => acc | S n' => unpack_word n' (lsr i width) (land i 63%int63 :: acc) end.
(* Words in reverse order, each with its first digit in the highest place.  Coq reads them much faster as the arguments of one
   constructor than as a list. *)
Inductive words := NoWords | Words (a b c d e f g h i j k l m n o p q r s t : int) (rest : words).
Arguments Words (a b c d e f g h i j k l m n o p q r s t)%int63 rest.
Fixpoint unpack (w : words) (acc : digits) : digits :=
  match w with
  | NoWords => acc
  | Words a b c d e f g h i j k l m n o p q r s t rest =>
    unpack rest (fold_left (fun acc i => unpack_word per_word i acc) [a; b; c; d; e; f; g; h; i; j; k; l; m; n; o; p; q; r; s; t] acc)
  end.

Definition parser (A : Type) := digits -> A * digits.
Definition ret {A} (a : A) : parser A := fun d => (a, d).
Definition bind {A B} (p : parser A) (f : A -> parser B) : parser B := fun d => let (a, d') := p d in f a d'.
Notation "x <- p ;; q" := (bind p (fun x => q)) (at level 61, p at next level, right associativity).

(* the lowest digit first *)
Fixpoint number (d : digits) : int * digits :=
  match d with
  | [] => (0%int63, [])
  | i :: d' => if ltb i 32%int63 then (i, d') else
    let (k, r) := number d' in (add (land i 31%int63) (lsl k 5%int63), r)
  end.
Fixpoint bits (n : nat) (i : int) : positive :=
  match n with
  | O => xH
  | S n' => if leb i 1%int63 then xH else
    if is_zero (land i 1%int63) then xO (bits n' (lsr i 1%int63)) else xI (bits n' (lsr i 1%int63))
  end.
Definition to_pos (i : int) : positive := bits 63 i.
Definition to_Z (i : int) : Z := if is_zero i then Z0 else Zpos (to_pos i).
Definition to_nat (i : int) : nat := if is_zero i then O else Pos.to_nat (to_pos i).
Definition positive_number : parser positive := i <- number ;; ret (to_pos i).
Definition natural_number : parser nat := i <- number ;; ret (to_nat i).
(* 0, -1, 1, -2, ... *)
Definition integer : parser Z :=
  i <- number ;; ret (if is_zero (land i 1%int63) then to_Z (lsr i 1%int63) else Z.opp (to_Z (lsr (add i 1%int63) 1%int63))).
(* a number of any length *)
Fixpoint large (d : digits) : Z * digits :=
  match d with
  | [] => (0%Z, [])
  | i :: d' => if ltb i 32%int63 then (to_Z i, d') else
    let (k, r) := large d' in (Z.add (to_Z (land i 31%int63)) (Z.mul 32 k), r)
  end.

Fixpoint repeated {A} (n : nat) (p : parser A) : parser (list A) :=
  match n with O => ret [] | S n' => a <- p ;; r <- repeated n' p ;; ret (a :: r) end.
Definition listed {A} (p : parser A) : parser (list A) := n <- natural_number ;; repeated n p.
Definition both {A B} (p : parser A) (q : parser B) : parser (A * B) := a <- p ;; b <- q ;; ret (a, b).

(* ---------------------------------------------------------------- stacks: item k counts from the top *)

Inductive tree (A : Type) := Tip (a : A) | Bin (a : A) (l r : tree A).
Arguments Tip {A} _. Arguments Bin {A} _ _ _.
Definition stack (A : Type) := list (int * tree A).
Definition push {A} (a : A) (s : stack A) : stack A :=
  match s with
  | (m, l) :: (n, r) :: s' => if eqb m n then (add (add m n) 1%int63, Bin a l r) :: s' else (1%int63, Tip a) :: s
  | _ => (1%int63, Tip a) :: s
  end.
(* n: the size of the tree *)
Fixpoint tree_item {A} (n k : int) (t : tree A) : A :=
  match t with
  | Tip a => a
  | Bin a l r => if is_zero k then a else let h := lsr n 1%int63 in
    if leb k h then tree_item h (sub k 1%int63) l else tree_item h (sub (sub k 1%int63) h) r
  end.
Fixpoint item {A} (d : A) (s : stack A) (k : int) : A :=
  match s with
  | [] => d
  | (n, t) :: s' => if ltb k n then tree_item n k t else item d s' (sub k n)
  end.

(* ---------------------------------------------------------------- what has been read so far *)

(* what the statements of a file say by terms *)
Record statement := { s_processes : list process; s_givens : list fact; s_conclusions : list fact }.
Record state := {
  times : stack time; scalars : stack scal; vectors : stack vect; facts : stack fact; hypotheses : stack (list fact);
  count : int; steps : list proof_step; groups : list (label * list proof_step); statements : list statement }.
Definition no_time := TC 0.
Definition no_scalar := Sq 0.
Definition no_vector := Vp 1.
Definition no_fact := Frel RLt no_scalar no_scalar.
Definition start : state :=
  {| times := []; scalars := []; vectors := []; facts := []; hypotheses := push [] []; count := 1%int63; steps := [];
     groups := []; statements := [] |}.

Section Read.
Variable s : state.
Definition time_at : parser time := i <- number ;; ret (item no_time (times s) i).
Definition scalar_at : parser scal := i <- number ;; ret (item no_scalar (scalars s) i).
Definition vector_at : parser vect := i <- number ;; ret (item no_vector (vectors s) i).
Definition fact_at : parser fact := i <- number ;; ret (item no_fact (facts s) i).
Definition hypotheses_at : parser (list fact) := i <- number ;; ret (item [] (hypotheses s) i).

Definition put_time (t : time) : state :=
  {| times := push t (times s); scalars := scalars s; vectors := vectors s; facts := facts s; hypotheses := hypotheses s;
     count := count s; steps := steps s; groups := groups s;
     statements := statements s |}.
Definition put_scalar (a : scal) : state :=
  {| times := times s; scalars := push a (scalars s); vectors := vectors s; facts := facts s; hypotheses := hypotheses s;
     count := count s; steps := steps s; groups := groups s;
     statements := statements s |}.
Definition put_vector (a : vect) : state :=
  {| times := times s; scalars := scalars s; vectors := push a (vectors s); facts := facts s; hypotheses := hypotheses s;
     count := count s; steps := steps s; groups := groups s;
     statements := statements s |}.
Definition put_fact (f : fact) : state :=
  {| times := times s; scalars := scalars s; vectors := vectors s; facts := push f (facts s); hypotheses := hypotheses s;
     count := count s; steps := steps s; groups := groups s;
     statements := statements s |}.
Definition put_hypotheses (l : list fact) : state :=
  {| times := times s; scalars := scalars s; vectors := vectors s; facts := facts s; hypotheses := push l (hypotheses s);
     count := count s; steps := steps s; groups := groups s;
     statements := statements s |}.
Definition put_step (p : proof_step) : state :=
  {| times := times s; scalars := scalars s; vectors := vectors s; facts := facts s; hypotheses := hypotheses s;
     count := add (count s) 1%int63; steps := p :: steps s; groups := groups s;
     statements := statements s |}.
Definition put_group (x : label) : state :=
  {| times := times s; scalars := scalars s; vectors := vectors s; facts := facts s; hypotheses := hypotheses s;
     count := count s; steps := []; groups := (x, rev' (steps s)) :: groups s;
     statements := statements s |}.
Definition put_statement (x : statement) : state :=
  {| times := times s; scalars := scalars s; vectors := vectors s; facts := facts s; hypotheses := hypotheses s;
     count := count s; steps := steps s; groups := groups s; statements := x :: statements s |}.

(* ---------------------------------------------------------------- times *)

Definition multiple (k : Z) (a : time) : time := match k with 1%Z => a | _ => TM k a end.
(* an even number: a variable; an odd one: a declared integer *)
Definition summand : parser time :=
  i <- number ;; k <- integer ;; let x := to_pos (lsr i 1%int63) in
  ret (multiple k (if is_zero (land i 1%int63) then TV x else TI x)).
Definition affine : parser time :=
  l <- listed summand ;; c <- integer ;;
  ret (match l, c with
       | [], _ => TC c
       | a :: r, 0%Z => fold_left TA r a
       | a :: r, _ => TA (fold_left TA r a) (TC c)
       end).

(* ---------------------------------------------------------------- steps *)

Definition flag (i k : int) : bool := negb (is_zero (land i k)).
(* what is there, by bits: 1, 2 the number of facts; 4 a square; 8 a square of a vector; 16 the weight is not 1 *)
Definition read_product : parser product :=
  h <- number ;;
  w <- (if flag h 16%int63 then scalar_at else ret (Sq 1)) ;;
  l <- repeated (to_nat (land h 3%int63)) natural_number ;;
  q <- (if flag h 4%int63 then a <- scalar_at ;; ret [a] else ret []) ;;
  v <- (if flag h 8%int63 then a <- vector_at ;; ret [a] else ret []) ;;
  ret {| p_weight := w; p_facts := l; p_squares := q; p_vsquares := v |}.
(* 0: equal scalars, 1: equal vectors, 2: zero *)
Definition read_equality : parser equality :=
  i <- number ;;
  if is_zero i then a <- scalar_at ;; b <- scalar_at ;; ret (Same a b)
  else if is_zero (sub i 1%int63) then v <- vector_at ;; w <- vector_at ;; ret (Vsame v w)
  else a <- scalar_at ;; ret (Zero a).
Definition read_opening : parser opening :=
  i <- number ;;
  if is_zero i then a <- listed scalar_at ;; v <- listed vector_at ;; q <- listed read_equality ;; ret (Opened a v q)
  else l <- repeated (to_nat (sub i 1%int63)) scalar_at ;; ret (Closed l).
Definition read_arg : parser arg :=
  i <- number ;; if is_zero i then t <- time_at ;; ret (ATime t) else u <- vector_at ;; ret (AVec u).
Definition read_bounded : parser bounded :=
  i <- number ;; t <- time_at ;;
  o <- (if is_zero i then ret None else a <- scalar_at ;; ret (Some a)) ;; ret {| b_time := t; b_other := o |}.

Definition read_step (r : rule) : parser state :=
  l <- listed number ;; h <- hypotheses_at ;; f <- fact_at ;;
  ret (put_step {| s_rule := r; s_premises := map (fun i => to_pos (sub (count s) i)) l; s_hyps := h; s_concl := f |}).
Definition step_by (p : parser rule) : parser state := r <- p ;; read_step r.

(* ---------------------------------------------------------------- statements *)

Definition read_value (vector : bool) : parser (scal + vect) :=
  if vector then a <- vector_at ;; ret (inr a) else a <- scalar_at ;; ret (inl a).
Definition read_process : parser process :=
  v <- number ;; n <- positive_number ;; l <- integer ;; i <- integer ;; has_base <- number ;;
  let vector := negb (is_zero v) in
  b <- (if is_zero has_base then ret None else a <- read_value vector ;; ret (Some a)) ;; a <- read_value vector ;;
  ret {| p_vector := vector; p_name := n; p_level := l; p_start := i; p_base := b; p_step := a |}.
Definition read_statement : parser state :=
  p <- listed read_process ;; g <- listed fact_at ;; f <- listed fact_at ;;
  ret (put_statement {| s_processes := p; s_givens := g; s_conclusions := f |}).

(* ---------------------------------------------------------------- labels of groups of steps *)

Definition bits_of : parser N := k <- large ;; ret (Z.to_N k).
Definition read_group : parser state :=
  u <- bits_of ;; s <- bits_of ;; m <- bits_of ;; f <- bits_of ;; v <- bits_of ;; p <- bits_of ;; g <- bits_of ;;
  ret (put_group (u, {| in_signs := s; in_minima := m; in_scalar_functions := f; in_vector_functions := v; in_processes := p;
                        in_givens := g |})).

(* ---------------------------------------------------------------- instructions; the numbers are those of verify/export/encode.py *)

Definition scalar1 {A} (p : parser A) (f : A -> scal) : parser state := a <- p ;; ret (put_scalar (f a)).
Definition scalar2 {A B} (p : parser A) (q : parser B) (f : A -> B -> scal) : parser state :=
  a <- p ;; b <- q ;; ret (put_scalar (f a b)).
Definition vector1 {A} (p : parser A) (f : A -> vect) : parser state := a <- p ;; ret (put_vector (f a)).
Definition vector2 {A B} (p : parser A) (q : parser B) (f : A -> B -> vect) : parser state :=
  a <- p ;; b <- q ;; ret (put_vector (f a b)).
Definition fact2 {A B} (p : parser A) (q : parser B) (f : A -> B -> fact) : parser state :=
  a <- p ;; b <- q ;; ret (put_fact (f a b)).
Definition rational : parser scal :=
  sign <- number ;; n <- large ;; d <- large ;;
  ret (Sq (Qmake (if is_zero sign then n else Z.opp n) (Z.to_pos d))).

Definition instruction (i : int) : parser state :=
  match to_pos i with
  | 1 => step_by (a <- read_opening ;; b <- read_product ;; c <- listed read_product ;;
                  d <- listed (both natural_number scalar_at) ;; e <- listed (both natural_number vector_at) ;;
                  ret (Combine a b c d e))
  | 2 => scalar2 scalar_at scalar_at Smul
  | 3 => fact2 scalar_at scalar_at (Frel RLe)
  | 4 => fact2 scalar_at scalar_at (Frel REq)
  | 5 => scalar2 scalar_at scalar_at Sadd
  | 6 => f <- fact_at ;; l <- hypotheses_at ;; ret (put_hypotheses (f :: l))
  | 7 => scalar2 scalar_at scalar_at Ssub
  | 8 => step_by (a <- listed read_arg ;; ret (Elim a))
  | 9 => scalar2 positive_number time_at Sproc
  | 10 => scalar2 scalar_at natural_number Spow
  | 11 => scalar2 scalar_at natural_number Spw
  | 12 => scalar2 time_at scalar_at SE
  | 13 => x <- positive_number ;; scalar2 time_at scalar_at (SSum x)
  | 14 => scalar2 vector_at vector_at Sinner
  | 15 => scalar1 vector_at Snorm
  | 16 => vector2 positive_number time_at Vproc
  | 17 => vector2 scalar_at vector_at Vscale
  | 18 => vector2 vector_at vector_at Vadd
  | 19 => vector2 positive_number vector_at Vapp
  | 20 => step_by (k <- natural_number ;; ret (Given k))
  | 21 => step_by (ret Assume)
  | 22 => step_by (p <- natural_number ;; t <- time_at ;; c <- number ;; ret (Define p t (negb (is_zero c))))
  | 23 => step_by (ret Intro)
  | 24 => t <- affine ;; ret (put_time t)
  | 25 => fact2 scalar_at scalar_at (Frel RLt)
  | 26 => fact2 vector_at vector_at Fveq
  | 27 => fact2 fact_at fact_at Fimp
  | 28 => fact2 positive_number fact_at FallN
  | 29 => scalar1 time_at Sn
  | 30 => scalar1 rational (fun a => a)
  | 31 => read_group
  | 32 => fact2 fact_at fact_at Fand
  | 33 => fact2 positive_number fact_at FallV
  | 34 => x <- positive_number ;; fact2 time_at fact_at (FallR x)
  | 35 => fact2 scalar_at fact_at Fwhp
  | 36 => scalar1 positive_number Sp
  | 37 => scalar1 natural_number Sexpo
  | 38 => scalar1 scalar_at Sexp
  | 39 => scalar1 scalar_at Sln
  | 40 => scalar2 positive_number vector_at Sapp
  | 41 => scalar2 scalar_at scalar_at (Sind RLe)
  | 42 => scalar2 scalar_at scalar_at (Sind RLt)
  | 43 => scalar2 scalar_at scalar_at (Sind REq)
  | 44 => scalar2 vector_at vector_at Sindv
  | 45 => vector1 positive_number Vp
  | 46 => vector1 positive_number Vv
  | 47 => vector1 positive_number Vr
  | 48 => x <- positive_number ;; vector2 time_at vector_at (VSum x)
  | 49 => vector2 time_at vector_at VE
  | 50 => step_by (p <- fact_at ;; q <- fact_at ;; ret (Cases p q))
  | 51 => step_by (ret Conj)
  | 52 => step_by (ret Pick)
  | 53 => step_by (t <- positive_number ;; ret (Induct t))
  | 54 => step_by (a <- positive_number ;; t <- positive_number ;; h <- hypotheses_at ;; ret (InductStrong a t h))
  | 55 => step_by (ret Absurd)
  | 56 => step_by (l <- listed (both natural_number scalar_at) ;; ret (CombineVec l))
  | 57 => step_by (ret CauchySchwarz)
  | 58 => step_by (ret PowPos)
  | 59 => step_by (ret PowSplit)
  | 60 => step_by (ret PowMono)
  | 61 => step_by (a <- natural_number ;; b <- natural_number ;; ret (Amgm a b))
  | 62 => step_by (ret IndOne)
  | 63 => step_by (ret ExpNegLn)
  | 64 => step_by (ret ExpMono)
  | 65 => step_by (ret ExpAdd)
  | 66 => step_by (ret ExpTangent)
  | 67 => step_by (x <- scalar_at ;; a <- scalar_at ;; b <- scalar_at ;; ret (ExpConvex x a b))
  | 68 => step_by (v <- scalar_at ;; c <- scalar_at ;; x <- scalar_at ;; ret (ExpRemainder v c x))
  | 69 => step_by (x <- scalar_at ;; ret (ExpBernstein x))
  | 70 => step_by (ret SumZero)
  | 71 => step_by (ret SumStep)
  | 72 => step_by (ret InnerSum)
  | 73 => step_by (x <- read_bounded ;; y <- read_bounded ;; ret (EMono x y))
  | 74 => step_by (l <- listed (both scalar_at scalar_at) ;; b <- listed read_bounded ;; ret (ELin l b))
  | 75 => step_by (x <- read_bounded ;; ret (EVec x))
  | 76 => step_by (t <- positive_number ;; a <- positive_number ;; n <- positive_number ;;
                   y <- scalar_at ;; b <- scalar_at ;; x <- read_bounded ;; ret (Ville t a n y b x))
  | 77 => step_by (ret Whp)
  | 78 => read_statement
  | _ => ret s
  end%positive.
End Read.

(* every instruction has at least one digit, 0 fills up the last word *)
Fixpoint run (fuel : digits) (d : digits) (s : state) : state :=
  match fuel, d with
  | _ :: fuel', i :: d' => if is_zero i then s else let (k, r) := number d in let (s', r') := instruction s k r in run fuel' r' s'
  | _, _ => s
  end.
Definition decode (chunks : list words) : state := let d := fold_left (fun acc w => unpack w acc) chunks [] in run d d start.

Definition all_groups (chunks : list words) : list (label * list proof_step) := rev' (groups (decode chunks)).
Definition nothing : statement := {| s_processes := []; s_givens := []; s_conclusions := [] |}.
Definition statement_of (chunks : list words) : statement := hd nothing (statements (decode chunks)).
