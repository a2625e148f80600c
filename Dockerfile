# The service in a container, over either home.
#
#   docker build -t tintype .
#   docker run -p 127.0.0.1:3000:3000 -v tintype:/data \
#     -e PUBLIC_URL=http://127.0.0.1:3000 -e ALLOW_ANONYMOUS=true tintype
#
# A container that can be reached listens beyond its own loopback, so the service wants both to be said.

FROM node:24-slim AS manifests
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY service/package.json service/
COPY client/package.json client/
COPY cli/package.json cli/
COPY web/package.json web/

# The gallery, by what only its build needs.
FROM manifests AS gallery
RUN npm ci --workspace web --ignore-scripts
COPY tsconfig.json ./
COPY scripts scripts
COPY client client
COPY web web
RUN node scripts/prepare.mjs

FROM manifests AS packages
# Of the workspaces, only what the service runs on: no tools, no tests' emulators, and no second Node, which
# the root brings for machines that have an older one. No package's own script is run.
RUN npm ci --workspace service --omit=dev --ignore-scripts

FROM node:24-slim
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json LICENSE ./
COPY scripts scripts
COPY service service
COPY cli cli
COPY --from=gallery /app/web/dist web/dist
# A named volume takes over the owner of the folder that it is first mounted on.
RUN mkdir /data && chown node:node /data
ENV HOST=0.0.0.0 PORT=3000 DATA_DIR=/data
USER node
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/ready`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# What `npm start` runs, without npm: the server itself is told to stop, and finishes what is in flight.
CMD ["node", "--disable-warning=ExperimentalWarning", "--import", "./scripts/require-node.mjs", "service/src/entry/node.ts"]
