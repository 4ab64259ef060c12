/** The panel that takes a picture: drawn, dropped, pasted, chosen, photographed, or a sample. */
import { announce, byId, explain, make } from '../dom.js';
import { on, setSeen, state } from '../state.js';
import { startCamera, type Camera } from './camera.js';
import { see, type Picture, type Seen } from './input.js';
import { createPad } from './pad.js';
import { pixelsOfFile, pixelsOfVideo } from './pixels.js';
import { SAMPLES } from './samples.js';

export interface PictureListener {
  /** More may follow at once, as while a line is drawn. */
  onChange(): void;
  /** It stays so for now. */
  onSettled(): void;
}

function show(message: string): void {
  const problem = byId('picture-problem');
  problem.textContent = message;
  problem.hidden = message === '';
}

/** What the network is shown, in its own resolution. */
function showSeen(seen: Seen | undefined): void {
  const canvas = byId<HTMLCanvasElement>('seen');
  const [height, width, channels] = seen?.shape ?? [1, 1, 1];
  canvas.width = width;
  canvas.height = height;
  if (!seen) return;
  const pixels = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    const [r, g = r, b = r] = seen.stored.subarray(i * channels, (i + 1) * channels);
    pixels.data.set([r, g, b, 255], 4 * i);
  }
  canvas.getContext('2d')!.putImageData(pixels, 0, 0);
  canvas.ariaLabel = `What the networks see: ${width} by ${height} pixels`;
}

/** Wires the panel's controls. Returns what draws the sample of a digit. */
export function createPicturePanel({ onChange, onSettled }: PictureListener): (digit: number) => void {
  let picture: Picture | undefined;

  const look = (): void => {
    try {
      const seen = picture && state.model && see(picture, state.model);
      show('');
      setSeen(seen);
    } catch (error) {
      show(explain(error));
      setSeen(undefined);
    }
    showSeen(state.seen);
  };
  const take = (taken: Picture | undefined): void => {
    picture = taken;
    byId('hint').hidden = taken !== undefined;
    look();
  };
  on('model', look);

  const pad = createPad(byId<HTMLCanvasElement>('pad'), {
    onInk: () => {
      take({ ink: pad.ink() });
      onChange();
    },
    onStroke: onSettled,
  });

  const takePixels = (pixels: ImageData): void => {
    pad.showPicture(pixels);
    take({ pixels });
    onSettled();
  };
  const takeFile = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    try {
      takePixels(await pixelsOfFile(file));
    } catch (error) {
      show(explain(error));
    }
  };

  byId('clear').addEventListener('click', () => {
    pad.clear();
    take(undefined);
    onSettled();
  });
  listenForFiles(takeFile);
  listenForCamera(takePixels);
  for (const [digit, strokes] of SAMPLES.entries()) {
    const button = make('button', { type: 'button', 'aria-label': `Sample ${digit}` }, String(digit));
    button.addEventListener('click', () => pad.drawStrokes(strokes));
    byId('samples').append(button);
  }
  return (digit) => pad.drawStrokes(SAMPLES[digit]);
}

/** Dropped on the panel, pasted anywhere but in a text, or chosen. */
function listenForFiles(take: (file: File | undefined) => Promise<void>): void {
  const panel = byId('picture');
  const input = byId<HTMLInputElement>('file');
  panel.addEventListener('dragover', (event) => {
    event.preventDefault();
    panel.classList.add('over');
  });
  panel.addEventListener('dragleave', () => panel.classList.remove('over'));
  panel.addEventListener('drop', (event) => {
    event.preventDefault();
    panel.classList.remove('over');
    void take(event.dataTransfer?.files[0]);
  });
  document.addEventListener('paste', (event) => {
    if (byId('compare').hidden) return;
    void take([...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith('image/')));
  });
  byId('choose').addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    void take(input.files?.[0]);
    input.value = '';
  });
}

function listenForCamera(take: (pixels: ImageData) => void): void {
  const video = byId<HTMLVideoElement>('video');
  let camera: Camera | undefined;
  const close = (): void => {
    camera?.stop();
    camera = undefined;
    byId('viewfinder').hidden = true;
  };
  byId('camera').addEventListener('click', async () => {
    if (camera) return close();
    show('');
    try {
      camera = await startCamera(video);
      byId('viewfinder').hidden = false;
      byId('shoot').focus();
      announce('The camera is on');
    } catch (error) {
      show(explain(error));
    }
  });
  byId('shoot').addEventListener('click', () => {
    const pixels = pixelsOfVideo(video);
    close();
    byId('camera').focus();
    take(pixels);
  });
  byId('cancel-camera').addEventListener('click', () => {
    close();
    byId('camera').focus();
  });
  // a hidden page, or another view, needs no camera
  document.addEventListener('visibilitychange', () => document.hidden && close());
  addEventListener('hashchange', close);
}
