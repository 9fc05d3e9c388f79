using Akka.Hosting;
using Akka.Remote.Hosting;
using AkkaLb.Core.Gate;
using AkkaLb.Hosting;
using AkkaLb.Samples;
using AkkaLb.Samples.ConfiguredWorker;
using AkkaLb.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddOptions<CameraSettings>().BindConfiguration("Camera")
    .Validate(camera => camera.FramesMax > 0, "Camera:FramesMax must be 1 or more")
    .ValidateOnStart();
builder.Services.AddSingleton<Camera>();
// <worker>
builder.Services.AddOptions<WorkerSettings>().BindConfiguration("Worker")
    .Validate(worker => worker.Places > 0, "Worker:Places must be 1 or more")   // the rest AkkaLb itself finds unfit
    .ValidateOnStart();
builder.Services.AddAkka("Studio", (akka, services) =>
{
    var worker = services.GetRequiredService<IOptions<WorkerSettings>>().Value;
    akka.ConfigureLoggers(loggers =>
        {
            loggers.ClearLoggers();
            loggers.AddLoggerFactory();   // the application's log
        })
        .WithRemoting(worker.Host, 0)
        .WithAkkaLb(Contract.Messages)
        .WithAkkaLbWorker<Renderer>(BalancedWorkerOptions.To(worker.Id, worker.Balancer) with
        {
            Gate = new GateSettings(capacity: worker.Places, instances: worker.Places, queue: 16),
        });
});
// </worker>
await builder.Build().RunAsync();
