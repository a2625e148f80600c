'use client';

import { type ChangeEvent, useState } from 'react';
import type { Picture } from '../lib/picture';
import { remove, upload } from './uploads';

/** The user's pictures, with a field that adds to them. */
export function Gallery({ pictures }: { readonly pictures: readonly Picture[] }) {
  const [shown, setShown] = useState(pictures);
  const [status, setStatus] = useState('');

  async function add({ target }: ChangeEvent<HTMLInputElement>) {
    for (const file of target.files ?? []) {
      setStatus(`Uploading ${file.name} …`);
      try {
        const picture = await upload(file);
        setShown((before) => [picture, ...before]);
        setStatus(`${file.name} is there.`);
      } catch (error) {
        setStatus(`${file.name}: ${error instanceof Error ? error.message : 'it did not work.'}`);
      }
    }
    target.value = '';
  }

  async function drop({ image_id }: Picture) {
    try {
      await remove(image_id);
      setShown((before) => before.filter((picture) => picture.image_id !== image_id));
    } catch (error) {
      setStatus(error instanceof Error ? error.message : 'It did not work.');
    }
  }

  return (
    <>
      <label className="pick">
        Add pictures <input type="file" accept="image/*" multiple onChange={add} />
      </label>
      <p role="status">{status}</p>
      <ul className="gallery">
        {shown.map((picture) => (
          <li key={picture.image_id}>
            <Shown picture={picture} />
            <button type="button" aria-label={`Delete ${picture.title}`} onClick={() => drop(picture)}>
              Delete
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

/** A plain img: Tintype has made the sizes already, so that next/image has nothing to do. */
function Shown({ picture: { title, src, srcset, placeholder } }: { readonly picture: Picture }) {
  return (
    // biome-ignore lint/performance/noImgElement: the sizes are in srcset.
    <img
      alt={title}
      loading="lazy"
      sizes="(min-width: 40rem) 16rem, 100vw"
      srcSet={srcset === '' ? undefined : srcset}
      src={src ?? undefined}
      style={placeholder === null ? undefined : { backgroundImage: `url(${placeholder})` }}
    />
  );
}
