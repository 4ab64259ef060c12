import protobuf from 'protobufjs';

/** As much of onnx.proto as names nodes' outputs. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message NodeProto { repeated string output = 2; string name = 3; string op_type = 4; }
  message GraphProto { repeated NodeProto node = 1; }
  message ModelProto { GraphProto graph = 7; }
`);

/** A tensor that a node computes. */
export interface NodeOutput {
  output: string;
  /** What importers call the node: its name, or its first output's; further outputs keep their own. */
  layer: string;
}

/** All tensors that nodes compute, in file order; constants left out. */
export function outputsOfNodes(model: Uint8Array): NodeOutput[] {
  const { graph } = root.lookupType('ModelProto').decode(model) as unknown as {
    graph: { node: { output: string[]; name: string; opType: string }[] };
  };
  const nodes = graph.node.filter(({ opType }) => opType !== 'Constant');
  const all = nodes.flatMap(({ name, output: outputs }) => {
    return outputs.map((output, i) => ({ output, layer: i === 0 && name ? name : output }));
  });
  return all.filter(({ output }) => output !== '');
}
