/** Icons of uploads, 24 by 24, drawn by strokes as the gallery's others. */
const PATHS = {
  upload: 'M12 16V4.5M7 9.5l5-5 5 5M5 20h14',
  pause: 'M8.500 6v12M15.500 6v12',
  resume: 'M8 5.500v13l10.500-6.500z',
  retry: 'M19 12a7 7 0 1 1-2-5M19 4v4.500h-4.500',
  cancel: 'M6 6l12 12M18 6L6 18',
  done: 'M5 12.500l4.500 4.500L19 7.500',
  failed: 'M12 7.500v6M12 16.800v.2M12 3.500a8.500 8.500 0 1 1 0 17 8.500 8.500 0 0 1 0-17',
  collapse: 'M6 9.500l6 6 6-6',
  expand: 'M6 14.500l6-6 6 6',
} as const;

export type UploadIconName = keyof typeof PATHS;

export function UploadIcon({ name }: { readonly name: UploadIconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
