import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import type { ImageRecord } from '../../domain/image.ts';
import type { ImageWalk } from '../../ports/image-walk.ts';
import { indexFailure } from './failures.ts';
import { recordFromItem } from './image-item.ts';
import { type PacedScanOptions, pacedScan } from './paced-scan.ts';

/** The records of the table `images`, one after another. */
export class DynamoImageWalk implements ImageWalk {
  readonly #options: PacedScanOptions;

  constructor(options: PacedScanOptions) {
    this.#options = options;
  }

  async *walk(): AsyncGenerator<ImageRecord> {
    for await (const item of pacedScan(this.#options, {}, indexFailure)) yield recordFromItem(item);
  }

  /** DynamoDB counts every six hours or so. */
  async estimate(): Promise<number> {
    const { client, table } = this.#options;
    try {
      const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
      return Table?.ItemCount ?? 0;
    } catch (error) {
      throw indexFailure(error);
    }
  }
}
