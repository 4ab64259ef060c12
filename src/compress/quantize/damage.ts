/** How far two networks' scores are apart; each function sees `samples` rows of scores, one after another. */

/** Sum over samples of the squared difference of centred scores, and of the exact ones' squares: their ratio is a relative error. */
export function squaredChange(
  exact: Float32Array,
  got: Float32Array,
  samples: number,
): [change: number, size: number] {
  const classes = exact.length / samples;
  let [change, size] = [0, 0];
  for (let start = 0; start < exact.length; start += classes) {
    const [a, b] = [exact, got].map((scores) => centred(scores.subarray(start, start + classes)));
    a.forEach((value, c) => {
      change += (value - b[c]) ** 2;
      size += value * value;
    });
  }
  return [change, size];
}

/** What is the same for all classes changes no decision and no probability. One score alone is itself. */
function centred(scores: Float32Array): Float64Array {
  const mean = scores.length > 1 ? scores.reduce((sum, score) => sum + score, 0) / scores.length : 0;
  return Float64Array.from(scores, (score) => score - mean);
}

/** Sum over samples of `KL(softmax(exact), softmax(got))`, in nats. */
export function divergence(exact: Float32Array, got: Float32Array, samples: number): number {
  const classes = exact.length / samples;
  let sum = 0;
  for (let start = 0; start < exact.length; start += classes) {
    const [p, q] = [exact, got].map((scores) => logSoftmax(scores.subarray(start, start + classes)));
    p.forEach((logP, c) => (sum += Math.exp(logP) * (logP - q[c])));
  }
  return sum;
}

function logSoftmax(scores: Float32Array): Float64Array {
  const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = scores.reduce((sum, score) => sum + Math.exp(score - most), 0);
  return Float64Array.from(scores, (score) => score - most - Math.log(total));
}

/** Samples whose largest score, the first of equals, is that of the same class. */
export function agreements(exact: Float32Array, got: Float32Array, samples: number): number {
  const classes = exact.length / samples;
  const largest = (scores: Float32Array, start: number): number => {
    const row = scores.subarray(start, start + classes);
    return row.indexOf(row.reduce((a, b) => Math.max(a, b), -Infinity));
  };
  let same = 0;
  for (let start = 0; start < exact.length; start += classes)
    if (largest(exact, start) === largest(got, start)) same++;
  return same;
}
