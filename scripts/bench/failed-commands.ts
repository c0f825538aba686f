/**
 * Commands that failed, each with what a person may have noted when it failed before. A store of some of the notes is
 * asked with its own failures and with those of the others, which it never heard of.
 */
export interface FailedCommand {
  readonly learned: string;
  readonly command: string;
  readonly error: string;
}

export const failedCommands: readonly FailedCommand[] = [
  {
    learned: 'If better-sqlite3 fails with NODE_MODULE_VERSION, run npm rebuild better-sqlite3 after switching Node.',
    command: 'node server.js',
    error:
      "Exit code 1\nError: The module '/app/node_modules/better-sqlite3/build/Release/better_sqlite3.node'\nwas compiled against a different Node.js version using\nNODE_MODULE_VERSION 115. This version of Node.js requires\nNODE_MODULE_VERSION 127. Please try re-compiling or re-installing\n    at Module._extensions..node (node:internal/modules/cjs/loader:1460:18)",
  },
  {
    learned: 'The integration tests need Redis on port 6379; start it with docker compose up -d redis first.',
    command: 'npm run test:integration',
    error:
      'Exit code 1\nError: connect ECONNREFUSED 127.0.0.1:6379\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1607:16)\nRedis connection to 127.0.0.1:6379 failed',
  },
  {
    learned:
      'terraform plan fails with "Error acquiring the state lock" when CI was cancelled: run terraform force-unlock with the lock id.',
    command: 'terraform plan -out plan.bin',
    error:
      'Exit code 1\nError: Error acquiring the state lock\n\nError message: ConditionalCheckFailedException: The conditional request failed\nLock Info:\n  ID: 9c1b7f0e-2d5a',
  },
  {
    learned: 'pip install psycopg2 needs libpq-dev on the build machine; use psycopg2-binary in the container instead.',
    command: 'pip install psycopg2==2.9.9',
    error:
      'Exit code 1\n  error: subprocess-exited-with-error\n  Error: pg_config executable not found.\n  pg_config is required to build psycopg2 from source.',
  },
  {
    learned:
      'git push to main is refused because the branch is protected; push to a feature branch and open a pull request.',
    command: 'git push origin main',
    error:
      'Exit code 1\nremote: error: GH006: Protected branch update failed for refs/heads/main.\n ! [remote rejected] main -> main (protected branch hook declined)\nerror: failed to push some refs',
  },
  {
    learned: 'docker build runs out of space on this machine; docker system prune -af frees about 20 GB.',
    command: 'docker build -t shop .',
    error:
      'Exit code 1\nERROR: failed to solve: failed to copy files: write /var/lib/docker/overlay2/x: no space left on device',
  },
  {
    learned:
      'The Android build needs JDK 17: set JAVA_HOME to /usr/lib/jvm/java-17 or Gradle reports an unsupported class file version.',
    command: './gradlew assembleDebug',
    error:
      'Exit code 1\nFAILURE: Build failed with an exception.\n* What went wrong:\nUnsupported class file major version 65',
  },
  {
    learned: 'cargo build fails to link with "cannot find -lssl" until libssl-dev and pkg-config are installed.',
    command: 'cargo build --release',
    error:
      'Exit code 101\nerror: linking with `cc` failed: exit status: 1\n  = note: /usr/bin/ld: cannot find -lssl: No such file or directory',
  },
  {
    learned:
      'Migrations must run with the owner role: alembic upgrade head as app_user ends with "must be owner of table".',
    command: 'alembic upgrade head',
    error:
      'Exit code 1\nsqlalchemy.exc.ProgrammingError: (psycopg2.errors.InsufficientPrivilege) must be owner of table invoices',
  },
  {
    learned:
      'kubectl says "Unauthorized" after the cluster token expires; run aws eks update-kubeconfig --name staging again.',
    command: 'kubectl get pods -n staging',
    error: 'Exit code 1\nerror: You must be logged in to the server (Unauthorized)',
  },
  {
    learned:
      'Playwright needs its browsers: npx playwright install chromium, or every test ends with "Executable doesn\'t exist".',
    command: 'npx playwright test',
    error:
      "Exit code 1\nError: browserType.launch: Executable doesn't exist at /root/.cache/ms-playwright/chromium-1091/chrome-linux/chrome",
  },
  {
    learned: 'eslint crashes with heap out of memory in the monorepo; NODE_OPTIONS=--max-old-space-size=8192 helps.',
    command: 'npm run lint',
    error:
      'Exit code 134\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n----- Native stack trace -----',
  },
  {
    learned:
      'The deploy script needs ssh-agent with the deploy key loaded, otherwise it ends with Permission denied (publickey).',
    command: './scripts/deploy.sh production',
    error: 'Exit code 255\ndeploy@10.0.0.5: Permission denied (publickey).',
  },
  {
    learned: 'Rails assets: bundle exec rake assets:precompile fails without SECRET_KEY_BASE; set it to a dummy value.',
    command: 'bundle exec rake assets:precompile',
    error:
      "Exit code 1\nrake aborted!\nArgumentError: Missing `secret_key_base` for 'production' environment, set this string with `bin/rails credentials:edit`",
  },
  {
    learned:
      'pytest collects the vendored copies too and dies with "import file mismatch"; delete __pycache__ and use --ignore=vendor.',
    command: 'pytest -q',
    error:
      "Exit code 2\nimport file mismatch:\nimported module 'test_api' has this __file__ attribute:\n  /repo/vendor/test_api.py\nHINT: remove __pycache__ / .pyc files",
  },
  {
    learned: 'Port 3000 is taken by Grafana here; start the dev server with PORT=3100 npm run dev.',
    command: 'npm run dev',
    error: 'Exit code 1\nError: listen EADDRINUSE: address already in use :::3000',
  },
  {
    learned: 'ffmpeg from apt has no libfdk_aac; use the static build in /opt/ffmpeg for the podcast export.',
    command: 'ffmpeg -i talk.wav -c:a libfdk_aac talk.m4a',
    error: "Exit code 1\nUnknown encoder 'libfdk_aac'",
  },
  {
    learned: 'go test needs CGO_ENABLED=1 for the race detector: "-race requires cgo".',
    command: 'CGO_ENABLED=0 go test -race ./...',
    error: 'Exit code 2\ngo: -race requires cgo; enable cgo by setting CGO_ENABLED=1',
  },
  {
    learned:
      'The company proxy breaks npm with SELF_SIGNED_CERT_IN_CHAIN; NODE_EXTRA_CA_CERTS must point to corp-root.pem.',
    command: 'npm ci',
    error:
      'Exit code 1\nnpm error code SELF_SIGNED_CERT_IN_CHAIN\nnpm error request to https://registry.example.com/left-pad failed, reason: self-signed certificate in certificate chain',
  },
  {
    learned: 'mypy complains about missing stubs for requests; types-requests belongs into dev-requirements.txt.',
    command: 'mypy src',
    error:
      'Exit code 1\nsrc/client.py:3: error: Library stubs not installed for "requests"  [import-untyped]\nsrc/client.py:3: note: Hint: "python3 -m pip install types-requests"',
  },
  {
    learned: 'make docs needs Graphviz: without the dot program Sphinx fails on the diagrams.',
    command: 'make docs',
    error:
      "Exit code 2\nWARNING: dot command 'dot' cannot be run (needed for graphviz output), check the graphviz_dot setting\nmake: *** [Makefile:20: docs] Error 1",
  },
  {
    learned:
      'psql to the replica fails with "could not translate host name"; the VPN has to be up before db-replica.internal resolves.',
    command: 'psql -h db-replica.internal shop',
    error:
      'Exit code 2\npsql: error: could not translate host name "db-replica.internal" to address: Name or service not known',
  },
  {
    learned: 'The iOS build stops at code signing until fastlane match development has fetched the profiles.',
    command: 'xcodebuild -scheme Shop build',
    error:
      "Exit code 65\nerror: No profiles for 'com.example.shop' were found: Xcode couldn't find any iOS App Development provisioning profiles matching",
  },
  {
    learned: 'helm upgrade hangs with "another operation is in progress" after a timeout: helm rollback shop first.',
    command: 'helm upgrade shop ./chart',
    error: 'Exit code 1\nError: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress',
  },
  {
    learned:
      'Elasticsearch does not start until vm.max_map_count is at least 262144: sysctl -w vm.max_map_count=262144.',
    command: 'docker compose up elasticsearch',
    error:
      'Exit code 78\nERROR: [1] bootstrap checks failed.\n[1]: max virtual memory areas vm.max_map_count [65530] is too low, increase to at least [262144]',
  },
  {
    learned: 'tsc finds two copies of @types/react; npm dedupe fixes "is not assignable to type ReactNode".',
    command: 'npx tsc --noEmit',
    error:
      "Exit code 2\nsrc/App.tsx(12,8): error TS2322: Type 'Element' is not assignable to type 'ReactNode'.\n  Property 'children' is missing",
  },
  {
    learned: 'rsync to the NAS needs --no-perms, otherwise it ends with code 23 and "failed to set permissions".',
    command: 'rsync -av photos/ nas:/volume1/photos/',
    error:
      'Exit code 23\nrsync: [receiver] failed to set permissions on "/volume1/photos/a.jpg": Operation not permitted (1)\nrsync error: some files/attrs were not transferred (code 23)',
  },
  {
    learned: 'LaTeX: the thesis needs biber, not bibtex; "Please (re)run Biber" means latexmk -pdf was not used.',
    command: 'pdflatex thesis.tex',
    error:
      'Exit code 1\nLaTeX Warning: There were undefined references.\nPackage biblatex Warning: Please (re)run Biber on the file: thesis',
  },
  {
    learned: 'CMake picks the system Python; pass -DPython3_EXECUTABLE=$(which python) or NumPy is not found.',
    command: 'cmake -S . -B build',
    error:
      'Exit code 1\nCMake Error at CMakeLists.txt:14 (find_package):\n  Could NOT find Python3 (missing: Python3_NumPy_INCLUDE_DIRS NumPy)',
  },
  {
    learned:
      'celery workers lose the broker after a RabbitMQ upgrade: delete the old queues, PRECONDITION_FAILED means other arguments.',
    command: 'celery -A shop worker',
    error:
      "Exit code 1\namqp.exceptions.PreconditionFailed: Queue.declare: (406) PRECONDITION_FAILED - inequivalent arg 'x-max-priority' for queue 'default'",
  },
  {
    learned: 'dotnet test が「SDK 8.0.100 が見つからない」で失敗するときは global.json のバージョンを合わせる。',
    command: 'dotnet test',
    error:
      'Exit code 1\nThe command could not be loaded, possibly because:\nA compatible .NET SDK was not found.\nRequested SDK version: 8.0.100\nglobal.json file: /repo/global.json',
  },
  {
    learned: 'composer install はメモリ不足で落ちるので COMPOSER_MEMORY_LIMIT=-1 を付ける。',
    command: 'composer install',
    error:
      'Exit code 255\nPHP Fatal error:  Allowed memory size of 1610612736 bytes exhausted (tried to allocate 134217736 bytes) in phar:///usr/bin/composer',
  },
  {
    learned:
      'poetry install は keyring の待ちで固まる。PYTHON_KEYRING_BACKEND=keyring.backends.null.Keyring を設定する。',
    command: 'poetry install',
    error:
      'Exit code 1\nFailed to unlock the collection!\nkeyring.errors.KeyringLocked: Failed to unlock the collection!',
  },
  {
    learned: 'Vite のビルドは Node 18 では crypto.hash が無くて失敗する。Node 20 以上を使う。',
    command: 'npx vite build',
    error: 'Exit code 1\nerror during build:\nTypeError: crypto.hash is not a function',
  },
  {
    learned:
      'flutter build は Android ライセンスに同意していないと止まる。flutter doctor --android-licenses を実行する。',
    command: 'flutter build apk',
    error:
      'Exit code 1\nFAILURE: Build failed with an exception.\nFailed to install the following Android SDK packages as some licences have not been accepted.',
  },
  {
    learned: 'git lfs pull が「batch response: This repository is over its data quota」になったら S3 のミラーを使う。',
    command: 'git lfs pull',
    error:
      'Exit code 2\nbatch response: This repository is over its data quota. Account responsible for LFS bandwidth should purchase more data packs to restore access.',
  },
  {
    learned: 'MySQL 8 へのダンプは --set-gtid-purged=OFF を付けないと Access denied で失敗する。',
    command: 'mysqldump -u backup shop > shop.sql',
    error:
      "Exit code 2\nmysqldump: Couldn't execute 'SELECT @@GTID_PURGED': Access denied; you need (at least one of) the SUPER privilege(s) for this operation (1227)",
  },
  {
    learned: 'bundle install の nokogiri は --platform=ruby だと glibc の違いでビルドに失敗する。',
    command: 'bundle install',
    error:
      'Exit code 5\nGem::Ext::BuildError: ERROR: Failed to build gem native extension.\nAn error occurred while installing nokogiri (1.16.0), and Bundler cannot continue.',
  },
  {
    learned: 'ansible-playbook は become パスワードが無いと「Missing sudo password」で止まる。-K を付ける。',
    command: 'ansible-playbook site.yml',
    error: 'Exit code 2\nfatal: [web1]: FAILED! => {"msg": "Missing sudo password"}',
  },
  {
    learned: 'nginx -t は証明書を更新した直後に「cannot load certificate」になる。certbot の権限を直す。',
    command: 'nginx -t',
    error:
      'Exit code 1\nnginx: [emerg] cannot load certificate "/etc/letsencrypt/live/shop/fullchain.pem": BIO_new_file() failed (SSL: error:8000000D:system library::Permission denied)',
  },
];
