import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { actualScale, type Extent, FITS, held, largestScale, type Point, type Zoom, zoomAt } from './zoom.ts';

/** A finger that moved so far sideways wants the next picture. Pixels. */
const SWIPE = 60;

/** One step of the keys and buttons that zoom. */
const STEP = 1.5;

/** What pointers do on the stage: a wheel and two fingers zoom, one moves, or swipes where all is to be seen. */
export class Gestures {
  readonly #zoom: Signal<Zoom> = signal(FITS);
  readonly #swiped: (step: 1 | -1) => void;
  readonly #pointers = new Map<number, Point>();
  #whole: Extent = { width: 1, height: 1 };
  #fit: Extent = { width: 1, height: 1 };
  #room: Extent = { width: 1, height: 1 };
  #swipe: Point | undefined;

  constructor(swiped: (step: 1 | -1) => void) {
    this.#swiped = swiped;
  }

  get zoom(): ReadonlySignal<Zoom> {
    return this.#zoom;
  }

  /** Told how large the picture is, how large where it fits, and how much room there is. */
  measure(whole: Extent, fit: Extent, room: Extent): void {
    this.#whole = whole;
    this.#fit = fit;
    this.#room = room;
  }

  reset(): void {
    this.#pointers.clear();
    this.#zoom.value = FITS;
  }

  /** Between what fits and the picture's own pixels. */
  toggle(point: Point = { x: 0, y: 0 }): void {
    if (this.#zoom.peek().scale > 1) this.reset();
    else this.#by(actualScale(this.#whole, this.#fit), point);
  }

  step(direction: 1 | -1): void {
    this.#by(direction > 0 ? STEP : 1 / STEP, { x: 0, y: 0 });
  }

  readonly handlers = {
    onWheel: (event: WheelEvent) => {
      event.preventDefault();
      const speed = event.ctrlKey ? 0.01 : 0.0025;
      this.#by(Math.exp(-event.deltaY * speed), this.#fromMiddle(event));
    },
    onDblClick: (event: MouseEvent) => this.toggle(this.#fromMiddle(event)),
    onPointerDown: (event: PointerEvent) => this.#down(event),
    onPointerMove: (event: PointerEvent) => this.#move(event),
    onPointerUp: (event: PointerEvent) => this.#up(event),
    onPointerCancel: (event: PointerEvent) => {
      this.#pointers.delete(event.pointerId);
      this.#swipe = undefined;
    },
  };

  #down(event: PointerEvent): void {
    if (event.button !== 0 || !(event.currentTarget instanceof Element)) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const isAlone = this.#pointers.size === 1;
    const canSwipe = isAlone && event.pointerType === 'touch' && this.#zoom.peek().scale === 1;
    this.#swipe = canSwipe ? { x: event.clientX, y: event.clientY } : undefined;
  }

  #move(event: PointerEvent): void {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.#pointers.set(event.pointerId, now);
    if (other) {
      const factor = distance(now, other) / Math.max(1, distance(before, other));
      const middle = { clientX: (now.x + other.x) / 2, clientY: (now.y + other.y) / 2 };
      this.#by(factor, this.#fromMiddle({ ...middle, currentTarget: event.currentTarget }));
    } else if (this.#zoom.peek().scale > 1) {
      const { scale, x, y } = this.#zoom.peek();
      this.#set({ scale, x: x + now.x - before.x, y: y + now.y - before.y });
    }
  }

  #up(event: PointerEvent): void {
    this.#pointers.delete(event.pointerId);
    const from = this.#swipe;
    this.#swipe = undefined;
    if (!from) return;
    const [x, y] = [event.clientX - from.x, event.clientY - from.y];
    if (Math.abs(x) > SWIPE && Math.abs(x) > Math.abs(y) * 1.5) this.#swiped(x < 0 ? 1 : -1);
  }

  #by(factor: number, point: Point): void {
    this.#set(zoomAt(this.#zoom.peek(), factor, point, largestScale(this.#whole, this.#fit)));
  }

  #set(zoom: Zoom): void {
    this.#zoom.value = held(zoom, this.#fit, this.#room);
  }

  #fromMiddle({
    clientX,
    clientY,
    currentTarget,
  }: Pick<MouseEvent, 'clientX' | 'clientY' | 'currentTarget'>): Point {
    if (!(currentTarget instanceof Element)) return { x: 0, y: 0 };
    const { left, top, width, height } = currentTarget.getBoundingClientRect();
    return { x: clientX - left - width / 2, y: clientY - top - height / 2 };
  }
}

const distance = (one: Point, other: Point) => Math.hypot(one.x - other.x, one.y - other.y);
