import { pictureOf } from '../lib/picture';
import { currentUser } from '../lib/session';
import { tintypeFor } from '../lib/tintype';
import { Gallery } from './gallery';

/** Made anew for each request: it is the user's own, and its URLs end. */
export const dynamic = 'force-dynamic';

export default async function Page() {
  const user_id = await currentUser();
  const { items } = await tintypeFor(user_id).listPage({ user_id, limit: 24 });
  return (
    <main>
      <h1>Pictures</h1>
      <Gallery pictures={items.map(pictureOf)} />
    </main>
  );
}
