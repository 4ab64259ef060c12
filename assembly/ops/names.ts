/** The operators' names in model files, and their numbers. */

/**
 * In the order of the numbers below, each followed by a space; empty where this build lacks it. One string, not an array of them: each costs
 * 28 bytes of header.
 */
export function names(): string {
  if (LOPPER_ALL)
    return 'conv2d depthwise_conv2d max_pool2d global_avg_pool2d dense add softmax reshape quantize dequantize avg_pool2d global_max_pool2d constant concat view pad gather gather_nd interpolate matmul layer_norm lstm gru simple_rnn argmax argmin reduce_sum reduce_mean reduce_prod reduce_max reduce_min lookup where prelu sub mul min max div pow squared_difference floor_div floor_mod atan2 equal not_equal less less_equal greater greater_equal logical_and logical_or relu relu6 leaky_relu clip hard_sigmoid hard_swish elu selu exp log sigmoid tanh swish softplus softsign mish gelu erf abs neg sqrt rsqrt reciprocal square floor ceil round trunc sign logical_not sin cos ';
  if (LOPPER_FULL)
    return 'conv2d depthwise_conv2d max_pool2d global_avg_pool2d dense add softmax reshape quantize dequantize avg_pool2d global_max_pool2d constant concat view pad gather  interpolate             lookup  prelu sub mul min max div              relu relu6 leaky_relu clip hard_sigmoid hard_swish elu selu exp  sigmoid tanh swish      abs neg sqrt rsqrt reciprocal square ';
  return 'conv2d depthwise_conv2d max_pool2d global_avg_pool2d dense add softmax reshape quantize dequantize ';
}

export const enum Op {
  CONV2D,
  DEPTHWISE_CONV2D,
  MAX_POOL2D,
  GLOBAL_AVG_POOL2D,
  DENSE,
  ADD,
  SOFTMAX,
  RESHAPE,
  QUANTIZE,
  DEQUANTIZE,
  // what only the full build has
  AVG_POOL2D,
  GLOBAL_MAX_POOL2D,
  CONSTANT,
  CONCAT,
  VIEW,
  PAD,
  GATHER,
  GATHER_ND,
  INTERPOLATE,
  MATMUL,
  LAYER_NORM,
  LSTM,
  GRU,
  SIMPLE_RNN,
  ARGMAX,
  ARGMIN,
  REDUCE_SUM,
  REDUCE_MEAN,
  REDUCE_PROD,
  REDUCE_MAX,
  REDUCE_MIN,
  // from here on, and add: of single numbers (elementwise.ts)
  LOOKUP,
  WHERE,
  // of two
  PRELU,
  SUB,
  MUL,
  MIN,
  MAX,
  DIV,
  POW,
  SQUARED_DIFFERENCE,
  FLOOR_DIV,
  FLOOR_MOD,
  ATAN2,
  EQUAL,
  NOT_EQUAL,
  LESS,
  LESS_EQUAL,
  GREATER,
  GREATER_EQUAL,
  LOGICAL_AND,
  LOGICAL_OR,
  // of one
  RELU,
  RELU6,
  LEAKY_RELU,
  CLIP,
  HARD_SIGMOID,
  HARD_SWISH,
  ELU,
  SELU,
  EXP,
  LOG,
  SIGMOID,
  TANH,
  SWISH,
  SOFTPLUS,
  SOFTSIGN,
  MISH,
  GELU,
  ERF,
  ABS,
  NEG,
  SQRT,
  RSQRT,
  RECIPROCAL,
  SQUARE,
  FLOOR,
  CEIL,
  ROUND,
  TRUNC,
  SIGN,
  LOGICAL_NOT,
  // of one, a number at a time
  SIN,
  COS,
}

/** Of one number, of two, or of three, of any shape. */
export function isElementwise(operator: u32): bool {
  return operator == Op.ADD || operator >= u32(Op.LOOKUP);
}

/** Convolutions and pools of images, whose tensors lie in planes. */
export function isOfImages(operator: u32): bool {
  return (
    operator <= u32(Op.GLOBAL_AVG_POOL2D) || operator == Op.AVG_POOL2D || operator == Op.GLOBAL_MAX_POOL2D
  );
}

/** How many inputs it takes; concat takes any number. */
export function inputsOf(operator: u32): u32 {
  if (operator == Op.ADD) return 2;
  if (!LOPPER_FULL) return 1;
  if (operator == Op.CONSTANT) return 0;
  if (operator == Op.WHERE) return 3;
  if (operator >= u32(Op.PRELU) && operator < u32(Op.RELU)) return 2;
  return operator == Op.GATHER || operator == Op.GATHER_ND || operator == Op.MATMUL ? 2 : 1;
}
