import * as O from "fp-ts/lib/Option.js";
import type { ClientId, Millis } from "../base/id.js";
import * as Multimap from "../base/multimap.js";
import * as Table from "../base/table.js";
import type { Token, TokenRenewed } from "../event.js";
import { closeCodes } from "../message.js";
import { clientWith, withLocal } from "../replace.js";
import type { Client, State } from "../state.js";
import { nothing, type Step } from "../step.js";
import { answer, refuse } from "./mailbox.js";

const closedAt = ({ shared: { settings } }: State, { expiresAt }: Token): Millis =>
  (expiresAt + settings.tokenGraceMs) as Millis;

const withExpiring = (state: State, expiring: State["local"]["expiring"]): State => withLocal(state, { expiring });

/** Some time after its token has expired, the client is closed. */
export const expect =
  (client: ClientId, token: Token): Step =>
  (state) => [withExpiring(state, Multimap.add(state.local.expiring, closedAt(state, token), client)), []];

/** Of a client that disconnects, or whose token is replaced. */
export const forget =
  ({ id, token }: Client): Step =>
  (state) =>
    O.isNone(token)
      ? [state, []]
      : [withExpiring(state, Multimap.remove(state.local.expiring, closedAt(state, token.value), id)), []];

/** The client goes on with another token of the same user. Refused: `not-allowed`. */
export const renew =
  ({ user, token, id }: TokenRenewed) =>
  (me: Client): Step =>
  (state) => {
    if (!O.isSome(me.verified) || me.verified.value !== user)
      return refuse(me, id, { code: "not-allowed", message: "not allowed: the token is of another user" })(state);
    const [forgotten] = forget(me)(state);
    const [expected] = expect(me.id, token)(forgotten);
    const { clients } = expected.local;
    const next = Table.update(clients, me.id, (client) => clientWith(client, { token: O.some(token) }));
    const renewed = withLocal(expected, { clients: next });
    return (id === undefined ? nothing : answer(me, id, { expiresAt: token.expiresAt }))(renewed);
  };

/** Closes the clients whose time is over. */
export const closeExpired: Step = (state) => {
  const first = Table.first(state.local.expiring);
  if (first === undefined || first > state.now) return [state, []];
  const late = Table.keys(state.local.expiring).filter((at) => at <= state.now);
  const clients = late.flatMap((at) => Table.keys(Multimap.of(state.local.expiring, at)));
  const rest = late.reduce((table, at) => Table.remove(table, at), state.local.expiring);
  return [
    withExpiring(state, rest),
    clients.map((client) => ({
      kind: "Close",
      to: { kind: "Client", client },
      code: closeCodes.tokenExpired,
      reason: "the token has expired: come back with a new one",
    })),
  ];
};

/** When the next one is closed. */
export const nextClose = ({ local: { expiring } }: State): O.Option<Millis> => O.fromNullable(Table.first(expiring));
