import { notBlank, onSubmit } from "./form.js";

/** For a server with authentication. An app that embeds the library gets its tokens from its own login. */
export const TokenForm = ({ showToken }: { readonly showToken: (token: string) => void }) => (
  <section class="card door" aria-labelledby="token-title">
    <h2 id="token-title">This server asks for a token</h2>
    <form onSubmit={onSubmit(({ token }) => token && showToken(token))}>
      <label class="field">
        <span>Token</span>
        <input name="token" type="password" required maxLength={8192} {...notBlank} autocomplete="off" />
      </label>
      <p class="note">
        Whoever runs the server makes one with <code>npm run token</code>. This window keeps it until it is closed.
      </p>
      <button type="submit">Connect</button>
    </form>
  </section>
);
