/** Where operators that know nothing of planes find a node's tensors, image by image: as they lie where they lie row-major, else in scratch memory. The full build's. */
import { isVector } from './arena';
import { Code } from './error';
import { alloc } from './heap';
import { inputOf, layoutOf, needScratch, Node, scratchOf } from './model';
import { hostBytes, imageBytes, pack, unpack } from './pack';

/** One for each input, then the output's. */
@unmanaged
class Place {
  address: usize;
  /** Bytes from image to image. */
  step: u32;
  /** Where in the node's scratch, + 1; 0: the tensor's own memory. */
  scratch: u32;
}

/** What kernels read and write beyond the last number. */
const VECTOR: u64 = 64;

let image: u32 = 0;

function placeAt(node: Node, index: u32): Place {
  return changetype<Place>(node.places + usize(index) * offsetof<Place>());
}

/** Makes the node's places, and scratch, of which the first `extra` bytes are the operator's. `asTheyLie`: also where that is in planes. */
export function needPlaces(node: Node, asTheyLie: bool, extra: u64): i32 {
  node.places = alloc(u64(node.inputs + 1) * offsetof<Place>());
  if (!node.places) return Code.MEMORY;
  let bytes = (extra + 15) & ~15;
  for (let i: u32 = 0; i <= node.inputs; ++i) {
    const tensor = inputOf(node, i);
    const place = placeAt(node, i);
    const layout = layoutOf(tensor);
    place.step = layout.image * layout.element;
    if (asTheyLie || isVector(tensor)) continue;
    place.step = imageBytes(tensor);
    place.scratch = u32(bytes) + 1;
    bytes += (hostBytes(tensor) + VECTOR) & ~15;
  }
  return bytes == 0 || needScratch(node, bytes) ? 0 : Code.MEMORY;
}

/** Before a run: unpacks inputs that lie in planes. */
export function openPlaces(node: Node): void {
  for (let i: u32 = 0; i <= node.inputs; ++i) {
    const place = placeAt(node, i);
    const tensor = inputOf(node, i);
    place.address = layoutOf(tensor).address;
    if (!place.scratch) continue;
    place.address = scratchOf(node) + place.scratch - 1;
    if (i < node.inputs) unpack(tensor, place.address);
  }
}

/** After it: packs an output that lies in planes. */
export function closePlaces(node: Node): void {
  const place = placeAt(node, node.inputs);
  if (place.scratch) pack(inputOf(node, node.inputs), place.address);
}

/** Whether all tensors are read and written where they lie. */
export function isInPlace(node: Node): bool {
  for (let i: u32 = 0; i <= node.inputs; ++i) if (placeAt(node, i).scratch) return false;
  return true;
}

/** The image that `placeOf` speaks of. */
export function turnTo(index: u32): void {
  image = index;
}

/** Address of the present image of input `index`. */
export function placeOf(node: Node, index: u32): usize {
  const place = placeAt(node, index);
  return place.address + usize(place.step) * image;
}

export function placeOfOutput(node: Node): usize {
  return placeOf(node, node.inputs);
}
