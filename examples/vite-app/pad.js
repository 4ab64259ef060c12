/** A canvas to draw on; `onChange` gets 784 numbers 0..1, white on black: what this network was trained on. */
export class Pad {
  #context;
  #small = new OffscreenCanvas(28, 28).getContext('2d', { willReadFrequently: true });

  constructor(canvas, onChange) {
    this.#context = canvas.getContext('2d');
    this.clear();
    canvas.addEventListener('pointerdown', ({ offsetX, offsetY }) => {
      this.#context.beginPath();
      this.#context.moveTo(offsetX, offsetY);
    });
    canvas.addEventListener('pointermove', ({ buttons, offsetX, offsetY }) => {
      if (!buttons) return;
      this.#context.lineTo(offsetX, offsetY);
      this.#context.stroke();
      onChange(this.#pixels());
    });
  }

  clear() {
    const context = this.#context;
    context.fillStyle = 'black';
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
    Object.assign(context, { strokeStyle: 'white', lineWidth: 22, lineCap: 'round', lineJoin: 'round' });
  }

  #pixels() {
    this.#small.drawImage(this.#context.canvas, 0, 0, 28, 28);
    const { data } = this.#small.getImageData(0, 0, 28, 28);
    return Float32Array.from({ length: 784 }, (_, i) => data[4 * i] / 255);
  }
}
