import type { Event, Request } from "./state.js";

interface RequestsProps {
  readonly asking: ReadonlyArray<Request>;
  /** Without a line no answer would arrive. */
  readonly isConnected: boolean;
  readonly tell: (event: Event) => void;
}

/** Those at the door. The region is always there, so that a screen reader tells who comes. */
export const Requests = ({ asking, isConnected, tell }: RequestsProps) => (
  <section class="requests" aria-label="Requests to join" aria-live="polite">
    {asking.map((request) => (
      <RequestItem key={request.id} request={request} isConnected={isConnected} tell={tell} />
    ))}
  </section>
);

const RequestItem = ({
  request: { id, name, isApproved },
  isConnected,
  tell,
}: Omit<RequestsProps, "asking"> & { readonly request: Request }) => {
  const answer = (approves: boolean) => () => tell({ kind: "RequestAnswered", id, isApproved: approves });
  return (
    <div class="request card">
      <p>
        <strong>
          <bdi>{name}</bdi>
        </strong>{" "}
        {isApproved ? "may come in, but is not here yet." : "asks to join."}
      </p>
      <div class="choices">
        <button type="button" disabled={!isConnected} onClick={answer(true)}>
          {isApproved ? "Let in again" : "Let in"}
          <span class="unseen">
            {" "}
            <bdi>{name}</bdi>
          </span>
        </button>
        <button type="button" class="quiet" disabled={!isConnected} onClick={answer(false)}>
          Turn away
          <span class="unseen">
            {" "}
            <bdi>{name}</bdi>
          </span>
        </button>
      </div>
    </div>
  );
};
