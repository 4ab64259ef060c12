import type { Ink } from './normalize.js';
import type { Stroke } from './samples.js';

/** Pixels of the drawing surface; CSS scales it to the page. */
const SURFACE = 280;
const PEN = 24;

/** A surface to draw a digit on with mouse, pen or touch, or by `drawStrokes`. */
export interface Pad {
  ink(): Ink;
  clear(): void;
  drawStrokes(strokes: readonly Stroke[]): void;
  /** Shows a picture in place of ink; the next stroke takes it away. */
  showPicture(pixels: ImageData): void;
}

export interface PadListener {
  /** Ink was added; more may follow at once. */
  onInk(): void;
  /** A stroke ended. */
  onStroke(): void;
}

function pen(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  canvas.width = SURFACE;
  canvas.height = SURFACE;
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  Object.assign(context, { lineWidth: PEN, lineCap: 'round', lineJoin: 'round', strokeStyle: '#fff' });
  return context;
}

function line(context: CanvasRenderingContext2D, points: readonly (readonly [number, number])[]): void {
  context.beginPath();
  context.moveTo(...points[0]);
  for (const point of points.length > 1 ? points.slice(1) : points) context.lineTo(...point);
  context.stroke();
}

/** Makes `canvas` a drawing pad. The ink is the alpha channel, so that themes may paint any paper behind it. */
export function createPad(canvas: HTMLCanvasElement, listener: PadListener): Pad {
  const context = pen(canvas);
  let last: readonly [number, number] | undefined;
  let hasPicture = false;
  const at = (event: PointerEvent): readonly [number, number] => {
    const box = canvas.getBoundingClientRect();
    const scale = SURFACE / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  };
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    if (hasPicture) clear();
    last = at(event);
    line(context, [last]);
    listener.onInk();
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!last) return;
    const points = event.getCoalescedEvents().map(at);
    line(context, [last, ...points, at(event)]);
    last = at(event);
    listener.onInk();
  });
  const lift = (): void => {
    if (!last) return;
    last = undefined;
    listener.onStroke();
  };
  canvas.addEventListener('pointerup', lift);
  canvas.addEventListener('pointercancel', lift);
  function clear(): void {
    hasPicture = false;
    context.clearRect(0, 0, SURFACE, SURFACE);
  }
  return {
    clear,
    ink: () => {
      const { data } = context.getImageData(0, 0, SURFACE, SURFACE);
      return {
        values: Float32Array.from({ length: SURFACE ** 2 }, (_, i) => data[4 * i + 3] / 255),
        width: SURFACE,
        height: SURFACE,
      };
    },
    showPicture: (pixels) => {
      clear();
      hasPicture = true;
      const whole = new OffscreenCanvas(pixels.width, pixels.height);
      whole.getContext('2d')!.putImageData(pixels, 0, 0);
      const scale = SURFACE / Math.max(pixels.width, pixels.height);
      const [width, height] = [pixels.width * scale, pixels.height * scale];
      context.drawImage(whole, (SURFACE - width) / 2, (SURFACE - height) / 2, width, height);
    },
    drawStrokes: (strokes) => {
      clear();
      for (const stroke of strokes)
        line(
          context,
          stroke.map(([x, y]) => [x * SURFACE, y * SURFACE] as const),
        );
      listener.onInk();
      listener.onStroke();
    },
  };
}
