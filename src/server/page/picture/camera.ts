/** The camera: asked for when wanted, and let go at once. */

const REASONS: Record<string, string> = {
  NotAllowedError:
    'The camera was not allowed. Allow it for this page in the browser, or choose an image instead.',
  NotFoundError: 'No camera was found. Connect one, or choose an image instead.',
  NotReadableError: 'The camera is in use by another program. Close that, or choose an image instead.',
};

export interface Camera {
  stop(): void;
}

/** Shows the camera in `video`. @throws Error that says what to do where there is none, or it was not allowed */
export async function startCamera(video: HTMLVideoElement): Promise<Camera> {
  if (!navigator.mediaDevices?.getUserMedia)
    throw new Error('The camera needs a secure page: open this one by https or on localhost.');
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: 'environment' },
      audio: false,
    });
  } catch (cause) {
    const { name, message } = cause as Error;
    throw new Error(REASONS[name] ?? `The camera cannot start (${message}). Choose an image instead.`, {
      cause,
    });
  }
  video.srcObject = stream;
  const stop = (): void => {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
  try {
    await video.play();
  } catch (cause) {
    stop();
    throw new Error('The camera cannot be shown. Choose an image instead.', { cause });
  }
  return { stop };
}
