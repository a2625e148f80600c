import { answer, isFromThisSite } from '../../../../lib/answers';
import { currentUser } from '../../../../lib/session';
import { tintypeFor } from '../../../../lib/tintype';

type Context = RouteContext<'/api/images/[image_id]'>;

export async function DELETE(request: Request, { params }: Context): Promise<Response> {
  if (!isFromThisSite(request)) return new Response(null, { status: 403 });
  const { image_id } = await params;
  return answer(async () => {
    await tintypeFor(await currentUser()).delete(image_id);
    return new Response(null, { status: 204 });
  });
}
