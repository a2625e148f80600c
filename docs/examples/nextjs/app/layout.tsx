import type { Metadata } from 'next';
import type { ReactNode } from 'react';
import './gallery.css';

export const metadata: Metadata = { title: 'Pictures', icons: { icon: 'data:,' } };

export default function Layout({ children }: { readonly children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
