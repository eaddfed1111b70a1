// How long the last frame of a track lasts. Nothing in a stream says so: the frames before it tell.

export class LastFrameLength {
  #lastTime: number | undefined;
  #step = 0;
  #length = 0;

  /** In the unit of the times, 0 before there are two of them. */
  get value(): number {
    return this.#length;
  }

  /** Takes in the time of the next frame. One of the last two steps may be a pause: the shorter one is a frame's. */
  add(time: number): void {
    const step = time - (this.#lastTime ?? time);
    this.#lastTime = time;
    if (step <= 0) return;
    this.#length = this.#step > 0 ? Math.min(step, this.#step) : step;
    this.#step = step;
  }
}
