;; The inner loops of the flat index; scripts/kernel/assemble.ts turns this file into scan-kernel-bytes.ts.
;; Arguments are byte offsets into the exported memory, or counts. `width` is the number of dimensions, zero-padded to a
;; multiple of 32. Scores are computed four rows at a time: every region has room for a multiple of four rows.
(module
  (memory (export "memory") 1)

  ;; out[r] = scales[r] * sum over i of rows[r][i] * query[i], for int8 rows, an int16 query and float32 scales and out.
  ;; The caller makes sure that the sum fits into int32.
  (func (export "score")
    (param $rows i32) (param $scales i32) (param $count i32) (param $width i32) (param $query i32) (param $out i32)
    (local $row0 i32) (local $row1 i32) (local $row2 i32) (local $row3 i32)
    (local $at i32) (local $end i32)
    (local $sum0 v128) (local $sum1 v128) (local $sum2 v128) (local $sum3 v128)
    (local $low v128) (local $high v128)
    (local.set $row0 (local.get $rows))
    (local.set $end (i32.add (local.get $query) (i32.shl (local.get $width) (i32.const 1))))
    (block $done
      (loop $four
        (br_if $done (i32.le_s (local.get $count) (i32.const 0)))
        (local.set $row1 (i32.add (local.get $row0) (local.get $width)))
        (local.set $row2 (i32.add (local.get $row1) (local.get $width)))
        (local.set $row3 (i32.add (local.get $row2) (local.get $width)))
        (local.set $sum0 (v128.const i32x4 0 0 0 0))
        (local.set $sum1 (v128.const i32x4 0 0 0 0))
        (local.set $sum2 (v128.const i32x4 0 0 0 0))
        (local.set $sum3 (v128.const i32x4 0 0 0 0))
        (local.set $at (local.get $query))
        (loop $sixteen
          (local.set $low (v128.load (local.get $at)))
          (local.set $high (v128.load offset=16 (local.get $at)))
          (local.set $sum0 (i32x4.add (local.get $sum0)
            (i32x4.dot_i16x8_s (local.get $low) (v128.load8x8_s (local.get $row0)))))
          (local.set $sum1 (i32x4.add (local.get $sum1)
            (i32x4.dot_i16x8_s (local.get $low) (v128.load8x8_s (local.get $row1)))))
          (local.set $sum2 (i32x4.add (local.get $sum2)
            (i32x4.dot_i16x8_s (local.get $low) (v128.load8x8_s (local.get $row2)))))
          (local.set $sum3 (i32x4.add (local.get $sum3)
            (i32x4.dot_i16x8_s (local.get $low) (v128.load8x8_s (local.get $row3)))))
          (local.set $sum0 (i32x4.add (local.get $sum0)
            (i32x4.dot_i16x8_s (local.get $high) (v128.load8x8_s offset=8 (local.get $row0)))))
          (local.set $sum1 (i32x4.add (local.get $sum1)
            (i32x4.dot_i16x8_s (local.get $high) (v128.load8x8_s offset=8 (local.get $row1)))))
          (local.set $sum2 (i32x4.add (local.get $sum2)
            (i32x4.dot_i16x8_s (local.get $high) (v128.load8x8_s offset=8 (local.get $row2)))))
          (local.set $sum3 (i32x4.add (local.get $sum3)
            (i32x4.dot_i16x8_s (local.get $high) (v128.load8x8_s offset=8 (local.get $row3)))))
          (local.set $row0 (i32.add (local.get $row0) (i32.const 16)))
          (local.set $row1 (i32.add (local.get $row1) (i32.const 16)))
          (local.set $row2 (i32.add (local.get $row2) (i32.const 16)))
          (local.set $row3 (i32.add (local.get $row3) (i32.const 16)))
          (br_if $sixteen
            (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 32))) (local.get $end))))
        ;; Reduce four sums of four lanes to one vector of four sums.
        (local.set $low (i32x4.add
          (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $sum0) (local.get $sum1))
          (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $sum0) (local.get $sum1))))
        (local.set $high (i32x4.add
          (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $sum2) (local.get $sum3))
          (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $sum2) (local.get $sum3))))
        (v128.store (local.get $out)
          (f32x4.mul (v128.load (local.get $scales))
            (f32x4.convert_i32x4_s (i32x4.add
              (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $low) (local.get $high))
              (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $low) (local.get $high))))))
        (local.set $row0 (local.get $row3))
        (local.set $scales (i32.add (local.get $scales) (i32.const 16)))
        (local.set $out (i32.add (local.get $out) (i32.const 16)))
        (local.set $count (i32.sub (local.get $count) (i32.const 4)))
        (br $four))))

  ;; rows[r] = source[r] (`width` float32) as int8, times 127 / its largest magnitude; scales[r] = that magnitude / 127.
  ;; The scale of a row of zeros is 0. Adding and subtracting 1.5 * 2^23 rounds a float32 of magnitude below 2^22 to the
  ;; nearest integer.
  (func (export "quantise")
    (param $source i32) (param $count i32) (param $width i32) (param $rows i32) (param $scales i32)
    (local $at i32) (local $end i32) (local $peak f32)
    (local $largest v128) (local $factor v128) (local $shift v128)
    (local.set $shift (f32x4.splat (f32.const 12582912)))
    (block $done
      (loop $row
        (br_if $done (i32.le_s (local.get $count) (i32.const 0)))
        (local.set $end (i32.add (local.get $source) (i32.shl (local.get $width) (i32.const 2))))
        (local.set $largest (v128.const f32x4 0 0 0 0))
        (local.set $at (local.get $source))
        (loop $sixteen
          (local.set $largest
            (f32x4.pmax
              (f32x4.pmax
                (f32x4.pmax (local.get $largest) (f32x4.abs (v128.load (local.get $at))))
                (f32x4.abs (v128.load offset=16 (local.get $at))))
              (f32x4.pmax
                (f32x4.abs (v128.load offset=32 (local.get $at)))
                (f32x4.abs (v128.load offset=48 (local.get $at))))))
          (br_if $sixteen (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 64))) (local.get $end))))
        (local.set $peak (f32.max
          (f32.max (f32x4.extract_lane 0 (local.get $largest)) (f32x4.extract_lane 1 (local.get $largest)))
          (f32.max (f32x4.extract_lane 2 (local.get $largest)) (f32x4.extract_lane 3 (local.get $largest)))))
        (f32.store (local.get $scales) (f32.div (local.get $peak) (f32.const 127)))
        (local.set $factor (f32x4.splat (f32.div (f32.const 127) (local.get $peak))))
        (local.set $at (local.get $source))
        (loop $sixteen
          (v128.store (local.get $rows)
            (i8x16.narrow_i16x8_s
              (i16x8.narrow_i32x4_s
                (i32x4.sub
                  (f32x4.add (f32x4.mul (v128.load (local.get $at)) (local.get $factor)) (local.get $shift))
                  (local.get $shift))
                (i32x4.sub
                  (f32x4.add (f32x4.mul (v128.load offset=16 (local.get $at)) (local.get $factor)) (local.get $shift))
                  (local.get $shift)))
              (i16x8.narrow_i32x4_s
                (i32x4.sub
                  (f32x4.add (f32x4.mul (v128.load offset=32 (local.get $at)) (local.get $factor)) (local.get $shift))
                  (local.get $shift))
                (i32x4.sub
                  (f32x4.add (f32x4.mul (v128.load offset=48 (local.get $at)) (local.get $factor)) (local.get $shift))
                  (local.get $shift)))))
          (local.set $rows (i32.add (local.get $rows) (i32.const 16)))
          (br_if $sixteen (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 64))) (local.get $end))))
        (local.set $source (local.get $end))
        (local.set $scales (i32.add (local.get $scales) (i32.const 4)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $row)))))
