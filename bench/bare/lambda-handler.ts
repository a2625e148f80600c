import {
  DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

/** The clients that our functions have, and nothing else: it checks nothing, and says nothing of its failures. */
const dynamodb = new DynamoDBClient({});
const s3 = new S3Client({});
const [Bucket, TableName] = [process.env['IMAGES_BUCKET'], process.env['IMAGES_TABLE']];

interface Event {
  readonly httpMethod: string;
  readonly pathParameters: { readonly image_id: string } | null;
  readonly body: string | null;
}

export async function handler({ httpMethod, pathParameters, body }: Event): Promise<object> {
  const Key = pathParameters?.image_id ?? '';
  const Item = { image_id: { S: Key } };
  const table = { TableName };
  if (httpMethod === 'POST') {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: Buffer.from(body ?? '', 'base64') }));
    await dynamodb.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: { ...table, Item } }] }));
    return { statusCode: 201, body: '{}' };
  }
  if (httpMethod === 'DELETE') {
    await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    await dynamodb.send(
      new TransactWriteItemsCommand({ TransactItems: [{ Delete: { ...table, Key: Item } }] }),
    );
    return { statusCode: 204 };
  }
  if (pathParameters === null) {
    const { Items } = await dynamodb.send(new QueryCommand(table));
    return { statusCode: 200, body: JSON.stringify(Items) };
  }
  const { Item: found } = await dynamodb.send(new GetItemCommand({ ...table, Key: Item }));
  const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key }), { expiresIn: 3600 });
  return { statusCode: 200, body: JSON.stringify({ ...found, url }) };
}
