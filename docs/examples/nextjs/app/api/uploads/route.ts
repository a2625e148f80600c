import { answer, isFromThisSite } from '../../../lib/answers';
import { currentUser } from '../../../lib/session';
import { tintypeFor } from '../../../lib/tintype';

export async function POST(request: Request): Promise<Response> {
  if (!isFromThisSite(request)) return new Response(null, { status: 403 });
  return answer(async () => {
    const user_id = await currentUser();
    const { filename, content_type, size_bytes } = await request.json();
    const { image, upload } = await tintypeFor(user_id).startUpload(
      { user_id, filename, content_type, size_bytes, method: 'put' },
      { idempotencyKey: request.headers.get('idempotency-key') ?? undefined },
    );
    return Response.json({ image_id: image.image_id, upload }, { status: 201 });
  });
}
