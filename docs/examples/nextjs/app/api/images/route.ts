import { answer, isFromThisSite } from '../../../lib/answers';
import { pictureOf } from '../../../lib/picture';
import { currentUser } from '../../../lib/session';
import { tintypeFor } from '../../../lib/tintype';

const MOST_BYTES = 4 * 1024 * 1024;

export async function POST(request: Request): Promise<Response> {
  if (!isFromThisSite(request)) return new Response(null, { status: 403 });
  const length = Number(request.headers.get('content-length') ?? Number.NaN);
  if (!(length <= MOST_BYTES)) {
    return Response.json({ code: 'payload_too_large', error: 'It is too large.' }, { status: 413 });
  }
  return answer(async () => {
    const user_id = await currentUser();
    const image = await tintypeFor(user_id).upload(await request.blob(), {
      user_id,
      filename: new URL(request.url).searchParams.get('filename') ?? undefined,
      // The page's own: a repeated request makes one image.
      idempotencyKey: request.headers.get('idempotency-key') ?? undefined,
    });
    return Response.json(pictureOf(image), { status: 201 });
  });
}
