import { DynamoShareLinks, type DynamoShareLinksOptions } from '../drivers/aws/dynamo-share-links.ts';
import type { ShareLinks } from '../ports/share-links.ts';

/** What share links are on AWS, for processes that have to do with them; others have none of this code. */
export function openAwsLinks(options: DynamoShareLinksOptions): ShareLinks {
  return new DynamoShareLinks(options);
}
