/** Pixels of the page. */
export interface Extent {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** How a picture is enlarged, and how far its middle is moved from the stage's. Pixels of the page. */
export interface Zoom extends Point {
  /** 1: it fits. */
  readonly scale: number;
}

export const FITS: Zoom = { scale: 1, x: 0, y: 0 };

/** A picture of few pixels can be enlarged as well. */
const LEAST_LARGEST = 3;

/** How large a picture is when it fits the stage: never larger than its own pixels. */
export function fitExtent(image: Extent, stage: Extent): Extent {
  const scale = Math.min(1, stage.width / image.width, stage.height / image.height);
  return { width: Math.round(image.width * scale), height: Math.round(image.height * scale) };
}

/** The largest scale: where each pixel of the picture is at least two of the screen. */
export function largestScale(image: Extent, fit: Extent): number {
  return Math.max(LEAST_LARGEST, (image.width / Math.max(1, fit.width)) * 2);
}

/** The scale at which the picture is shown in its own pixels, or larger where that would change nothing. */
export function actualScale(image: Extent, fit: Extent): number {
  const actual = image.width / Math.max(1, fit.width);
  return actual < 1.2 ? 2 : actual;
}

/** Enlarges by a factor, so that what is at the point, seen from the stage's middle, stays there. */
export function zoomAt(zoom: Zoom, factor: number, point: Point, largest: number): Zoom {
  const scale = Math.min(largest, Math.max(1, zoom.scale * factor));
  const change = scale / zoom.scale;
  return { scale, x: point.x - (point.x - zoom.x) * change, y: point.y - (point.y - zoom.y) * change };
}

/** Moved back so far that the picture covers the stage where it is larger, and is in its middle where it is not. */
export function held(zoom: Zoom, fit: Extent, stage: Extent): Zoom {
  const hold = (at: number, shown: number, room: number) => {
    const most = Math.max(0, (shown * zoom.scale - room) / 2);
    return most === 0 ? 0 : Math.min(most, Math.max(-most, at));
  };
  return {
    scale: zoom.scale,
    x: hold(zoom.x, fit.width, stage.width),
    y: hold(zoom.y, fit.height, stage.height),
  };
}
