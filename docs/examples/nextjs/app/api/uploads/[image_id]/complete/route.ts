import { answer, isFromThisSite } from '../../../../../lib/answers';
import { pictureOf } from '../../../../../lib/picture';
import { currentUser } from '../../../../../lib/session';
import { tintypeFor } from '../../../../../lib/tintype';

type Context = RouteContext<'/api/uploads/[image_id]/complete'>;

export async function POST(request: Request, { params }: Context): Promise<Response> {
  if (!isFromThisSite(request)) return new Response(null, { status: 403 });
  const { image_id } = await params;
  return answer(async () => {
    const image = await tintypeFor(await currentUser()).completeUpload(image_id);
    return Response.json(pictureOf(image));
  });
}
