import protobuf from 'protobufjs';

/** As much of onnx.proto as names nodes' outputs. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message NodeProto { repeated string output = 2; string op_type = 4; }
  message GraphProto { repeated NodeProto node = 1; }
  message ModelProto { GraphProto graph = 7; }
`);

/** Names of all tensors that nodes compute, in file order; constants left out. */
export function outputsOfNodes(model: Uint8Array): string[] {
  const { graph } = root.lookupType('ModelProto').decode(model) as unknown as {
    graph: { node: { output: string[]; opType: string }[] };
  };
  const nodes = graph.node.filter(({ opType }) => opType !== 'Constant');
  return nodes.flatMap(({ output }) => output).filter((name) => name !== '');
}
