/** Pixels of what a browser can show. */

/** Longest side of a picture that is kept; networks of this page see far less. */
const LONGEST = 512;

function pixelsOf(source: CanvasImageSource, width: number, height: number): ImageData {
  const scale = Math.min(1, LONGEST / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** @throws Error for a file that is no image which this browser reads */
export async function pixelsOfFile(file: File): Promise<ImageData> {
  const bitmap = await createImageBitmap(file).catch((cause: unknown) => {
    const got = file.type || 'a file of unknown type';
    throw new Error(
      `${file.name}: expected an image that this browser reads, got ${got}; choose a PNG or JPEG`,
      {
        cause,
      },
    );
  });
  return pixelsOf(bitmap, bitmap.width, bitmap.height);
}

/** The square in the middle of what a video shows now. */
export function pixelsOfVideo(video: HTMLVideoElement): ImageData {
  const side = Math.min(video.videoWidth, video.videoHeight);
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = Math.min(side, LONGEST);
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  const [left, top] = [(video.videoWidth - side) / 2, (video.videoHeight - side) / 2];
  context.drawImage(video, left, top, side, side, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
