import type { Image } from '@tintype/client';
import { useRef } from 'preact/hooks';
import type { Session } from '../session/session.ts';

interface UploadTrayProps {
  readonly session: Session;
  /** Told of each image whose bytes the service has; it may be scanned or processed yet. */
  readonly onUploaded: (image: Image) => void;
}

/** Takes files from anywhere on the page, and shows how their upload goes. */
export function UploadTray({ session, onUploaded }: UploadTrayProps) {
  const input = useRef<HTMLInputElement>(null);
  const upload = async (files: FileList | null) => {
    for (const file of files ?? []) {
      onUploaded(await session.client.upload(file, { user_id: session.userId.value, filename: file.name }));
    }
  };
  return (
    <input
      ref={input}
      type="file"
      multiple
      aria-label="Upload images"
      accept={session.settings.accepted_types.join(',')}
      onChange={() => upload(input.current?.files ?? null)}
    />
  );
}
