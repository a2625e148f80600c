import type { MediaType } from '../../src/domain/media-type.ts';

export interface SmallImage {
  readonly bytes: Buffer;
  readonly width: number;
  readonly height: number;
}

/** A colour gradient of 8 x 6 pixels, written by sharp 0.35.5 once in each accepted type. */
export const SMALL_IMAGES: Readonly<Record<MediaType, SmallImage>> = {
  'image/jpeg': gradient(
    `/9j/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4O
     DhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAAGAAgDASIAAhEB
     AxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAP/xAAZEAEAAgMAAAAAAAAAAAAAAAAAAwUGITL/xAAVAQEBAAAAAAAAAAAAAAAAAAAD
     BP/EABwRAAIABwAAAAAAAAAAAAAAAAADAQQFEhQiMf/aAAwDAQACEQMRAD8AnWY7BrkBO57L+jUyZdjw2P/Z`,
  ),
  'image/png': gradient(
    `iVBORw0KGgoAAAANSUhEUgAAAAgAAAAGCAIAAABxZ0isAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAX0lEQVQI1w3JMQHAQAgEQaRQIgMJ
     SHgZlCvlpFAiAynJtGNmuJHGMzBkjHGGWeBBBi8gUDDBxR+FF1m8gkLFFFd/NN5k8xoaNdNc/yFcpHgCITHi9MfiSy5vYdEyyy0fKmY/
     wQ8JoqAAAAAASUVORK5CYII=`,
  ),
  'image/webp': gradient(
    `UklGRkYAAABXRUJQVlA4IDoAAACwAQCdASoIAAYAAsBMJbACdADze7hYAP7vk6REo+zwECg8pAlHnhZ2EUceuIj/m/lX4z9AP0/dooAA`,
  ),
  'image/gif': gradient(
    `R0lGODlhCAAGAIEAAL42gK2kgDOhgD8ogCH5BAQAAAAALAAAAAAIAAYAAAIPnA15qJcpoggUyEnDzaEAADs=`,
  ),
  'image/avif': gradient(
    `AAAAHGZ0eXBhdmlmAAAAAG1pZjFhdmlmbWlhZgAAANZtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJp
     bG9jAAAAAERAAAEAAQAAAAAA+gABAAAAAAAAACoAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABhdjAxAAAAAA5waXRtAAAAAAAB
     AAAAVmlwcnAAAAA4aXBjbwAAAAxhdjFDgQAMAAAAABRpc3BlAAAAAAAAAAgAAAAGAAAAEHBpeGkAAAAAAwgICAAAABZpcG1hAAAAAAAA
     AAEAAQOBAgMAAAAybWRhdBIACggYCL1ogIaDQjIcGseHheHAACgEAJA2DMFH+b4xf/xxAFeCmvd6UA==`,
  ),
};

function gradient(base64: string): SmallImage {
  return { bytes: Buffer.from(base64.replaceAll(/\s/g, ''), 'base64'), width: 8, height: 6 };
}
