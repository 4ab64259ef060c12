import { channelFaults, imageOf, nodeName, type LayerSpec } from './layer.js';

/** MaxPooling2D, AveragePooling2D */
export function pool(op: 'max_pool2d' | 'avg_pool2d'): LayerSpec {
  return {
    faults: channelFaults,
    convert(call) {
      const { config, inputs, builder } = call;
      const size = config.pair('pool_size', [2, 2]);
      const strides = config.pair('strides', size);
      const pads = config.windowPads(imageOf(call), size, strides, [1, 1]);
      return builder.node(nodeName(call), op, inputs, { size, strides, pads });
    },
  };
}

/** GlobalMaxPooling2D, GlobalAveragePooling2D; with `keepdims` the result stays an image of one pixel. */
export function globalPool(op: 'global_max_pool2d' | 'global_avg_pool2d'): LayerSpec {
  return {
    faults: channelFaults,
    convert(call) {
      const { config, inputs, builder } = call;
      const channels = imageOf(call)[2];
      const pooled = builder.node(nodeName(call), op, inputs);
      if (!config.flag('keepdims', false)) return pooled;
      return builder.node(`${nodeName(call)}/keepdims`, 'reshape', [pooled], {}, {}, [1, 1, channels]);
    },
  };
}

export const zeroPadding2d: LayerSpec = {
  faults: channelFaults,
  convert(call) {
    imageOf(call);
    return call.builder.node(nodeName(call), 'pad2d', call.inputs, { pads: call.config.zeroPadding() });
  },
};
