// Coverage of a WebAssembly module: a global counts how often each edge was taken, and an export `drain` writes the counts to memory.
import { append, Cursor, instruction, s32, sectionsOf, sized, u32 } from './wasm-code.mjs';

const [TYPE, IMPORT, FUNCTION, GLOBAL, EXPORT, CODE] = [1, 2, 3, 6, 7, 10];
const I32 = 0x7f;
const [LOOP, IF, ELSE, END, BR_IF, SELECT, SELECT_OF] = [0x03, 0x04, 0x05, 0x0b, 0x0d, 0x1b, 0x1c];

/**
 * Counts in globals, not in memory: the module manages all of its own. Places: a function's start, each arm of an `if`, each round of a loop, what
 * follows a block, both ways of a `br_if` and of a `select` (which optimizers make of branches).
 * `drain(ptr)` writes one byte a counter (the lowest 8 bits, 255 for more) at `ptr` and sets all to 0.
 *
 * @returns {{ module: Uint8Array, edges: number }}
 */
export function instrumentWasm(module) {
  const sections = sectionsOf(module);
  const of = (id) => sections.find((section) => section.id === id);
  const firstGlobal = countOf(of(GLOBAL)) + importsOf(of(IMPORT), 3);
  const counters = { edges: 0, next: () => firstGlobal + counters.edges++ };
  const code = bodiesOf(of(CODE)).map((body, index) =>
    counted(body, parametersOf(of(TYPE), of(FUNCTION), index), counters),
  );
  const type = append(of(TYPE), [[0x60, 1, I32, 0]]);
  const functions = append(of(FUNCTION), [u32(type)]) + importsOf(of(IMPORT), 0);
  append(
    of(GLOBAL),
    Array.from({ length: counters.edges }, () => [I32, 1, 0x41, 0, END]),
  );
  append(of(EXPORT), [[...sized(new TextEncoder().encode('drain')), 0, ...u32(functions)]]);
  of(CODE).bytes = Uint8Array.from([
    ...u32(code.length + 1),
    ...code.flatMap(sized),
    ...sized(drain(firstGlobal, counters.edges)),
  ]);
  const parts = sections.flatMap(({ id, bytes }) => [Uint8Array.of(id, ...u32(bytes.length)), bytes]);
  return { module: new Uint8Array(Buffer.concat([module.subarray(0, 8), ...parts])), edges: counters.edges };
}

const countOf = (section) => (section ? new Cursor(section.bytes).u32() : 0);

/** How many imports are of a kind: 0 function, 3 global. Only memory is imported by any build. */
function importsOf(section, kind) {
  if (!section) return 0;
  const cursor = new Cursor(section.bytes);
  const kinds = [];
  for (let left = cursor.u32(); left > 0; left--) {
    cursor.take(cursor.u32());
    cursor.take(cursor.u32());
    kinds.push(cursor.byte());
    if (kinds.at(-1) !== 2) throw new Error('instrument-wasm: expected to import nothing but a memory');
    if (cursor.byte() & 1) cursor.u32();
    cursor.u32();
  }
  return kinds.filter((other) => other === kind).length;
}

function bodiesOf(section) {
  const cursor = new Cursor(section.bytes);
  return Array.from({ length: cursor.u32() }, () => cursor.take(cursor.u32()));
}

function parametersOf(types, functions, index) {
  const declared = new Cursor(functions.bytes);
  const kinds = Array.from({ length: declared.u32() }, () => declared.u32());
  const cursor = new Cursor(types.bytes);
  const counts = Array.from({ length: cursor.u32() }, () => {
    cursor.byte();
    const parameters = cursor.take(cursor.u32()).length;
    cursor.take(cursor.u32());
    return parameters;
  });
  return counts[kinds[index]];
}

/** A function's body with its counting. A condition is looked at through one more local. */
function counted(body, parameters, counters) {
  const cursor = new Cursor(body);
  const groups = Array.from({ length: cursor.u32() }, () => ({ count: cursor.u32(), type: cursor.byte() }));
  const local = u32(groups.reduce((sum, { count }) => sum + count, parameters));
  const out = [
    ...u32(groups.length + 1),
    ...groups.flatMap(({ count, type }) => [...u32(count), type]),
    1,
    I32,
  ];
  const hit = () => out.push(...add(counters.next(), [0x41, 1]));
  const look = (test) => out.push(0x22, ...local, ...add(counters.next(), [0x20, ...local, ...test]));
  const isNot0 = [0x45, 0x45];
  hit();
  while (cursor.at < body.length) {
    const start = cursor.at;
    const op = instruction(cursor);
    const isSelect = op === SELECT || op === SELECT_OF;
    if (op === BR_IF || isSelect) look(isNot0);
    if (isSelect) look([0x45]);
    for (let at = start; at < cursor.at; at++) out.push(body[at]);
    const isLast = cursor.at === body.length;
    if ([LOOP, IF, ELSE, BR_IF].includes(op) || (op === END && !isLast)) hit();
  }
  return out;
}

/** global += what `value` leaves on the stack */
function add(global, value) {
  return [0x23, ...u32(global), ...value, 0x6a, 0x24, ...u32(global)];
}

/** For each counter: memory[ptr + i] = min(counter, 255); counter = 0. */
function drain(firstGlobal, edges) {
  const out = [0];
  for (let i = 0; i < edges; i++) {
    const global = u32(firstGlobal + i);
    const most = [0x41, ...s32(255)];
    out.push(0x20, 0, 0x23, ...global, ...most, 0x23, ...global, ...most, 0x49, SELECT, 0x3a, 0, ...u32(i));
    out.push(0x41, 0, 0x24, ...global);
  }
  return [...out, END];
}
