/** The structure of a tfjs graph-model's model.json: TensorFlow's GraphDef as JSON, and what lies around it. */
import { z } from 'zod';
import { ImportError, importErrors } from '../errors.js';
import { weightGroup, weightSpec } from '../weights.js';

/** An attribute of a node: one key says its type (`i`, `f`, `b`, `s`, `type`, `shape`, `list`, ...). */
const attribute = z.looseObject({});

const nodeDef = z.looseObject({
  name: z.string().min(1),
  op: z.string().min(1),
  /** `name`, `name:output` or, of a control dependency, `^name`. */
  input: z.array(z.string()).optional(),
  attr: z.record(z.string(), attribute).nullish(),
});

export type NodeDef = z.infer<typeof nodeDef>;

const tensorInfos = z.record(z.string(), z.looseObject({ name: z.string() }));
const signature = z.looseObject({ inputs: tensorInfos.optional(), outputs: tensorInfos.optional() });

const graphJson = z.looseObject({
  generatedBy: z.string().nullish(),
  convertedBy: z.string().nullish(),
  signature: signature.nullish(),
  userDefinedMetadata: z.looseObject({ signature: signature.nullish() }).nullish(),
  modelTopology: z.looseObject({ node: z.array(nodeDef).min(1) }),
  weightsManifest: z.array(weightGroup).optional(),
  weightSpecs: z.array(weightSpec).optional(),
});

export type GraphJson = z.infer<typeof graphJson>;

/** A reference to one output of a node. */
export interface OutputReference {
  node: string;
  output: number;
}

/** `name`, `name:output`, or `name:argument:output` as functions write it. */
export function parseReference(text: string): OutputReference {
  const [node, ...rest] = text.split(':');
  return { node, output: rest.length > 0 ? Number(rest[rest.length - 1]) : 0 };
}

/** Checks a parsed model.json; ImportError for a broken structure, for names twice, and for inputs that are not there. */
export function parseGraphJson(json: unknown, source: string): GraphJson {
  const result = graphJson.safeParse(json);
  if (!result.success) {
    const faults = z.prettifyError(result.error);
    throw new ImportError(
      'json',
      `${source}: expected the structure of a tfjs graph-model, got:\n${faults}`,
      { cause: result.error },
    );
  }
  checkReferences(result.data.modelTopology.node, source);
  return result.data;
}

function checkReferences(nodes: readonly NodeDef[], source: string): void {
  const names = new Set(nodes.map(({ name }) => name));
  const twice = nodes.filter(
    ({ name }, i) => nodes.length > names.size && nodes.findIndex((other) => other.name === name) < i,
  );
  const faults = twice.map(({ name }) => `${name}: expected one node of this name, got several`);
  if (names.has('__proto__')) faults.push('__proto__: expected another name');
  for (const { name, input = [] } of nodes) {
    const missing = input.find((text) => !names.has(parseReference(text.replace(/^\^/, '')).node));
    if (missing !== undefined) faults.push(`${name}: expected an input that is there, got '${missing}'`);
  }
  if (faults.length > 0)
    throw importErrors('json', `${source}: the nodes do not form a graph`, faults.slice(0, 20));
}
