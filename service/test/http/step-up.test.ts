import { describe, expect, it } from 'vitest';
import { newImageId } from '../../src/domain/image-id.ts';
import { ADMIN_ROWS } from '../support/admin-rows.ts';
import { expectEmpty, expectImage, expectList, expectProblem } from '../support/answers.ts';
import { asUser } from '../support/as-caller.ts';
import { DIVIDED_HOMES, useHome } from '../support/homes.ts';
import { believing, type Claims, useIssuer } from '../support/token-issuer.ts';
import { newPng, upload } from '../support/uploads.ts';

const MFA = 'urn:example:mfa';
const WANTED = { ADMIN_ACR_VALUES: `${MFA} urn:example:key`, ADMIN_MAX_AGE_SECONDS: '900' };
const SCOPES = 'images:read images:write images:admin';

const CHALLENGE =
  'Bearer realm="tintype", error="insufficient_user_authentication", ' +
  'error_description="For what admins do, sign in again, in the way that is asked for.", ' +
  `acr_values="${WANTED.ADMIN_ACR_VALUES}", max_age="900"`;

describe.each(DIVIDED_HOMES)('an admin who has to sign in as admins must (%s)', (kind) => {
  const now = () => home.clock.now();
  const issuer = useIssuer(now);
  const home = useHome(kind, () => ({
    config: { ...believing(issuer.url, WANTED), webhooks: 'internal' },
  }));
  const secondsAgo = (seconds: number) => Math.floor(now() / 1000) - seconds;
  const root = (claims: Claims = {}) => asUser(home, issuer, 'root', { scope: SCOPES, ...claims });
  const strong = () => root({ acr: MFA, auth_time: secondsAgo(60) });

  const WEAK: readonly (readonly [what: string, claims: () => Claims])[] = [
    ['who has not signed in in that way', () => ({ acr: 'urn:example:password', auth_time: secondsAgo(60) })],
    ['of whom nobody says how', () => ({ auth_time: secondsAgo(60) })],
    ['who has signed in too long ago', () => ({ acr: MFA, auth_time: secondsAgo(1000) })],
    ['of whom nobody says when', () => ({ acr: MFA })],
  ];

  describe.each(WEAK)('%s', (_what, claims) => {
    it.each(ADMIN_ROWS)('is asked to, before $operation', async (row) => {
      const { path, init } = row.call(newImageId(0));
      const refused = await (await root(claims())).request(path, init);
      expect(refused.headers.get('www-authenticate')).toBe(CHALLENGE);
      await expectProblem(refused, 'insufficient_user_authentication');
    });

    it("has images of their own, and none of others'", async () => {
      const { image_id } = await upload(await asUser(home, issuer, 'alice'), {}, newPng());
      const weak = await root(claims());
      const own = await upload(weak, { user_id: 'root' }, newPng());
      await expectImage(await weak.request(`/images/${own.image_id}`));
      await expectProblem(await weak.request(`/images/${image_id}`), 'not_found');
      await expectProblem(await weak.request('/images?user_id=alice'), 'forbidden');
      const users = (await expectList(await weak.request('/images'))).items.map(({ user_id }) => user_id);
      expect(new Set(users)).toEqual(new Set(['root']));
      await expectEmpty(await weak.request(`/images/${own.image_id}`, { method: 'DELETE' }), 204);
    });

    it('is asked to for everything, where the token allows nothing else', async () => {
      const refused = await (await root({ ...claims(), scope: 'images:admin' })).request('/images');
      expect(refused.headers.get('www-authenticate')).toBe(CHALLENGE);
      await expectProblem(refused, 'insufficient_user_authentication');
    });
  });

  it.each(ADMIN_ROWS)('may do $operation once they have', async (row) => {
    const admin = await strong();
    const { path, init } = row.call(await row.prepare(admin));
    expect((await admin.request(path, init)).status).toBe(row.done);
  });

  it("has others' images once they have, until that is too long ago, with the same token", async () => {
    const { image_id } = await upload(await asUser(home, issuer, 'alice'), {}, newPng());
    const admin = await strong();
    await expectImage(await admin.request(`/images/${image_id}`));
    // 840 seconds are left, and 30 for clocks that differ.
    home.clock.advance(869_000);
    await expectImage(await admin.request(`/images/${image_id}`));
    home.clock.advance(2000);
    await expectProblem(await admin.request(`/images/${image_id}`), 'not_found');
    await expectProblem(await admin.request('/webhooks'), 'insufficient_user_authentication');
  });

  it('is on record where they were refused', async () => {
    const weak = await asUser(home, issuer, 'weak admin', { scope: SCOPES });
    await expectProblem(await weak.request('/webhooks'), 'insufficient_user_authentication');
    const admin = await strong();
    const { items } = (await (await admin.request('/audit-events?outcome=refused')).json()) as {
      items: object[];
    };
    expect(items).toContainEqual(
      expect.objectContaining({ actor: 'weak admin', action: 'list-webhooks', outcome: 'refused' }),
    );
  });

  it('is nobody else: of users without that scope nothing more is asked', async () => {
    const alice = await asUser(home, issuer, 'alice');
    await expectList(await alice.request('/images'));
    const refused = await alice.request('/webhooks');
    expect(refused.headers.get('www-authenticate')).toContain(
      'error="insufficient_scope", scope="images:admin"',
    );
    await expectProblem(refused, 'forbidden');
  });
});
